//! The private group from outside: stories that go well, refusals, nonsense, vectors. One binary, so that it links once.

mod cast;
mod hostile;
mod policy_refusals;
mod practice;
mod refusals;
mod rogue;
mod safety_code;
mod stories;
mod surface;
mod vectors;
