//! An authenticator in software (W3C §6), for tests: it makes and shows passkeys as a phone does, and lies where a test
//! wants it to. ES256 with "none" attestation; its CBOR (RFC 8949) is written by hand, so that nothing of the library
//! that judges it has a part in making it.

use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::json;

use super::{Assertion, NewCredential};

/// W3C §6.1: user present, user verified, attested credential data follows.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// A device with one passkey. What it says of itself can be changed.
pub struct SoftwareAuthenticator {
    key: EcdsaKeyPair,
    /// The passkey's name.
    pub credential_id: Vec<u8>,
    /// Whom it was made for.
    pub user_handle: Vec<u8>,
    /// The page that it believes it talks to.
    pub origin: String,
    /// The domain that it signs for.
    pub rp_id: String,
    /// Whether it says that it recognised its person.
    pub verifies: bool,
    /// How often it was used; one that counts begins at 1, one that doesn't stays at 0.
    pub counter: u32,
}

impl SoftwareAuthenticator {
    /// A device that makes its passkey for whoever it is asked to.
    ///
    /// # Panics
    /// When no key can be made: a test can't go on without.
    pub fn new(origin: &str, rp_id: &str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &random).expect("its own key");
        let credential_id = digest(&SHA256, key.public_key().as_ref()).as_ref().to_vec();
        let (origin, rp_id) = (origin.to_owned(), rp_id.to_owned());
        Self { key, credential_id, user_handle: Vec::new(), origin, rp_id, verifies: true, counter: 0 }
    }

    /// Makes the passkey.
    pub fn create(&mut self, challenge: &[u8], user_handle: &[u8]) -> NewCredential {
        self.user_handle = user_handle.to_vec();
        let mut data = self.authenticator_data(ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.credential_id.len()).unwrap_or(u16::MAX).to_be_bytes());
        data.extend(&self.credential_id);
        data.extend(self.cose_key());
        // {"fmt": "none", "attStmt": {}, "authData": bytes}
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        attestation.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
        attestation.extend(data);
        let client_data = self.client_data("webauthn.create", challenge);
        NewCredential { credential_id: self.credential_id.clone(), client_data, attestation }
    }

    /// Shows the passkey.
    ///
    /// # Panics
    /// When the machine has no randomness to sign with.
    pub fn show(&mut self, challenge: &[u8]) -> Assertion {
        if self.counter > 0 {
            self.counter += 1;
        }
        let authenticator_data = self.authenticator_data(0);
        let client_data = self.client_data("webauthn.get", challenge);
        let mut signed = authenticator_data.clone();
        signed.extend(digest(&SHA256, &client_data).as_ref());
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature").as_ref().to_vec();
        Assertion {
            credential_id: self.credential_id.clone(),
            client_data,
            authenticator_data,
            signature,
            user_handle: Some(self.user_handle.clone()),
        }
    }

    fn client_data(&self, kind: &str, challenge: &[u8]) -> Vec<u8> {
        let challenge = data_encoding::BASE64URL_NOPAD.encode(challenge);
        json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    fn authenticator_data(&self, more: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        data.push(PRESENT | more | if self.verifies { VERIFIED } else { 0 });
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y} (RFC 9053 §7.1.1).
    fn cose_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let mut key = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".to_vec();
        key.extend(&point[1..33]);
        key.extend(b"\x22\x58\x20");
        key.extend(&point[33..65]);
        key
    }
}
