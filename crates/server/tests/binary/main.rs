//! The real binary as an operator runs it: started, asked over a real socket, stopped.

mod administrator;
mod approve_reset;
mod audit;
mod demo;
mod guard;
mod limits;
mod places;
mod settings;
mod support;
mod two_servers;
