//! What every handler can reach: the house and its settings. Born in `server`, shared by all requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use curtain_auth::{PasswordHasher, Throttle};
use curtain_domain::{Clock, Entropy};
use curtain_storage::Store;
use curtain_vault::Vault;

use crate::audit::AuditBook;
use crate::extract::AddressRange;
use crate::hashing::{HashingPermits, Permit, Turn};
use crate::mail::MailWay;
use crate::realtime::Hub;
use crate::{ApiError, PublicOrigin};

/// What the operator decided.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The one origin of this Curtain.
    pub public_origin: PublicOrigin,
    /// Proxies whose word about the client's address counts.
    pub trusted_proxies: Vec<AddressRange>,
    /// How letters leave.
    pub mail: MailWay,
    /// Whether the log tells from which address wrong guesses come, for programs that keep guessers out.
    pub log_client_addresses: bool,
}

/// All parts of a running Curtain.
#[derive(Clone)]
pub struct House {
    /// The database.
    pub store: Store,
    /// The keys.
    pub vault: Arc<Vault>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// What the operator decided.
    pub settings: Arc<Settings>,
    /// Checks passwords, at the cost that the operator decided.
    pub hasher: Arc<PasswordHasher>,
    /// How many of those checks run at once.
    pub hashing: HashingPermits,
    /// Who failed how often.
    pub throttle: Arc<Mutex<Throttle>>,
    /// What the audit log needs beside the database.
    pub audit: Arc<AuditBook>,
    /// The rooms of the visits that go on.
    pub hub: Hub,
}

impl House {
    /// The counters of failures. A panic while they were held leaves them usable: they are only numbers.
    pub(crate) fn throttle(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs password work of somebody who is known already on the blocking pool, behind the permits.
    pub(crate) async fn hash<T: Send + 'static>(
        &self,
        work: impl FnOnce(&PasswordHasher, &dyn Entropy) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = self.hashing.permit(Turn::KNOWN).await?;
        self.hash_with(permit, work).await
    }

    /// The same with a permit in hand.
    pub(crate) async fn hash_with<T: Send + 'static>(
        &self,
        permit: Permit,
        work: impl FnOnce(&PasswordHasher, &dyn Entropy) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let (hasher, entropy) = (Arc::clone(&self.hasher), Arc::clone(&self.entropy));
        permit.run(move || work(&hasher, entropy.as_ref())).await
    }
}
