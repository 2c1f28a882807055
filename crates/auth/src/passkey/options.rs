//! What a browser is asked, in our own words: the page makes the dictionaries of W3C §5.4 and §5.5 out of them.

use curtain_domain::{AccountId, EmailAddress, PersonName};

/// For whom a passkey is made.
#[derive(Clone, Copy)]
pub struct AskedOf<'a> {
    /// Stands in the passkey, so that showing it tells who it is.
    pub account: AccountId,
    /// What the device shows beside the passkey.
    pub email: &'a EmailAddress,
    /// The same, for people.
    pub name: &'a PersonName,
}

/// What a device must know to make a passkey. It must remember whose it is (a discoverable credential) and verify its
/// person: the page says so, and the server refuses an answer without the latter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationOptions {
    /// To be signed.
    pub challenge: Vec<u8>,
    /// The domain that the passkey is for.
    pub rp_id: String,
    /// What the device calls the practice.
    pub rp_name: String,
    /// The sixteen bytes of the account's id.
    pub user_handle: Vec<u8>,
    /// COSE algorithms (RFC 9053 §2), the best one first.
    pub algorithms: Vec<i64>,
}

/// What a device must know to show a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssertionOptions {
    /// To be signed.
    pub challenge: Vec<u8>,
    /// The domain that the passkey is for.
    pub rp_id: String,
}
