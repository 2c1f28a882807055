//! Holds one room to its promises: the table of all answers, stories, and random input.

mod answers;
mod cast;
mod properties;
mod scene;
mod situations;
mod stories;
mod table;
