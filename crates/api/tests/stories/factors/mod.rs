//! Factors and sessions: what people change, what they lose, who guesses, and who races.

mod account;
mod lockout;
mod race;
mod recovery;
