//! The HTTP and WebSocket surface: joins all of the crates below.
//!
//! [`router`] is the whole API on one page. A handler is the use case: extract, ask the scope, decide, save, answer.

pub mod alerts;
pub mod audit;
mod cookies;
mod device_name;
mod error;
pub mod extract;
mod factor_checks;
mod hashing;
mod layers;
pub mod mail;
mod openapi;
mod origin;
mod passkeys;
pub mod realtime;
mod router;
mod routes;
mod security_headers;
mod state;
mod static_files;

pub use error::{ApiError, Problem};
pub use extract::{AddressRange, InvalidRange};
pub use hashing::HashingPermits;
pub use openapi::document;
pub use origin::{InvalidOrigin, PublicOrigin};
pub use router::{listed_routes, router};
pub use state::{House, Settings};
pub use static_files::{Asset, assets};
