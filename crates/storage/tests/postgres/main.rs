//! Stories over a real Postgres, each in a database of its own. One binary, so that it links once.

mod access_matrix;
mod activation;
mod alerts;
mod attacks;
mod audit;
mod catalogue;
mod demo;
mod notes;
mod passkeys;
mod people;
mod policy;
mod pool;
mod sign_in;
mod support;
mod visits;
