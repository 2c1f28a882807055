//! What people and tabs live through in a room, told one by one.

mod commits;
mod entering;
mod leaving;
mod limits;
mod prepared;
mod returning;
