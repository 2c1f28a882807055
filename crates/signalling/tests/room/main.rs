//! Holds one room to its promises: the table of all answers, stories, and random input.

mod answers;
mod cast;
mod properties;
mod scene;
mod situations;
mod stories_commits;
mod stories_entering;
mod stories_leaving;
mod stories_limits;
mod stories_prepared;
mod stories_returning;
mod table;
