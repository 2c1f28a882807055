//! The use cases, one file for each thing people do.

pub(crate) mod about;
pub(crate) mod account;
pub(crate) mod activation;
pub(crate) mod administration;
pub(crate) mod audit;
pub(crate) mod health;
pub(crate) mod notes;
pub(crate) mod people;
pub(crate) mod practice_key;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod visits;
