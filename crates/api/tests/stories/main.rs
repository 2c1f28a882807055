//! Stories over HTTP, on real Postgres: what people do, what attackers try, and what each of them gets.

mod access_matrix;
mod activation_stories;
mod alerts;
mod audit_stories;
mod audit_tampering;
mod factors;
mod log_stories;
mod note_stories;
mod passkeys;
mod people_stories;
mod policy;
mod practice_key;
mod request_stories;
mod session_stories;
mod sign_in_stories;
mod support;
mod visit_stories;
