//! The one cipher suite: `MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519` (RFC 9420 §17.1, value 1).
//!
//! Everything that hashes, signs or derives goes through the same provider that MLS itself uses, so that no second
//! implementation of a primitive has to be trusted or shipped.

use mls_rs::CipherSuite;
use mls_rs_core::crypto::{CipherSuiteProvider, CryptoProvider, SignaturePublicKey, SignatureSecretKey};
use mls_rs_crypto_rustcrypto::RustCryptoProvider;
use zeroize::Zeroizing;

use crate::Refusal;

pub(crate) const CIPHER_SUITE: CipherSuite = CipherSuite::CURVE25519_AES128;

type Provider = <RustCryptoProvider as CryptoProvider>::CipherSuiteProvider;

/// The suite's primitives.
#[derive(Clone)]
pub(crate) struct Suite(Provider);

impl Suite {
    /// Only this suite is switched on: a KeyPackage or Welcome of another one is refused by the library.
    pub(crate) fn crypto_provider() -> RustCryptoProvider {
        RustCryptoProvider::with_enabled_cipher_suites(vec![CIPHER_SUITE])
    }

    pub(crate) fn new() -> Result<Self, Refusal> {
        Self::crypto_provider().cipher_suite_provider(CIPHER_SUITE).map(Self).ok_or(Refusal::Refused)
    }

    /// A fresh leaf signature key: secret and public half.
    pub(crate) fn signature_key(&self) -> Result<(SignatureSecretKey, [u8; 32]), Refusal> {
        let (secret, public) = self.0.signature_key_generate().map_err(|_| Refusal::Refused)?;
        Ok((secret, public.as_bytes().try_into().map_err(|_| Refusal::Refused)?))
    }

    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], Refusal> {
        let mut bytes = [0; N];
        self.0.random_bytes(&mut bytes).map_err(|_| Refusal::Refused)?;
        Ok(bytes)
    }

    /// SHA-256.
    pub(crate) fn hash(&self, data: &[u8]) -> Result<[u8; 32], Refusal> {
        let hash = self.0.hash(data).map_err(|_| Refusal::Refused)?;
        hash.try_into().map_err(|_| Refusal::Refused)
    }

    /// Ed25519: did this key sign these bytes?
    pub(crate) fn verifies(&self, public: &[u8; 32], signature: &[u8; 64], data: &[u8]) -> bool {
        self.0.verify(&SignaturePublicKey::new_slice(public), signature, data).is_ok()
    }

    /// HKDF-Extract with SHA-256 (RFC 5869 §2.2).
    pub(crate) fn extract(&self, salt: &[u8], key: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        self.0.kdf_extract(salt, key).map_err(|_| Refusal::Refused)
    }

    /// HKDF-Expand with SHA-256 (RFC 5869 §2.3).
    pub(crate) fn expand<const N: usize>(
        &self,
        secret: &[u8],
        info: &[u8],
    ) -> Result<Zeroizing<[u8; N]>, Refusal> {
        let bytes = self.0.kdf_expand(secret, info, N).map_err(|_| Refusal::Refused)?;
        let mut out = Zeroizing::new([0; N]);
        (bytes.len() == N).then(|| out.copy_from_slice(&bytes)).ok_or(Refusal::Refused)?;
        Ok(out)
    }
}

/// A device key in memory, for native participants. Browsers keep theirs in WebCrypto, where nobody can read it.
#[cfg(not(target_arch = "wasm32"))]
pub struct DeviceKey {
    suite: Suite,
    secret: SignatureSecretKey,
    public: [u8; 32],
}

#[cfg(not(target_arch = "wasm32"))]
impl DeviceKey {
    /// A fresh key.
    ///
    /// # Errors
    /// [`Refusal::Refused`] when the system has no randomness.
    pub fn generate() -> Result<Self, Refusal> {
        let suite = Suite::new()?;
        let (secret, public) = suite.signature_key()?;
        Ok(Self { suite, secret, public })
    }

    /// The Ed25519 public key.
    pub const fn public(&self) -> [u8; 32] {
        self.public
    }

    /// Signs what [`crate::Member::leaf_to_sign`] or [`crate::Member::policy_to_sign`] gave.
    ///
    /// # Errors
    /// [`Refusal::Refused`], which does not happen with a key of ours.
    pub fn sign(&self, data: &[u8]) -> Result<[u8; 64], Refusal> {
        let signature = self.suite.0.sign(&self.secret, data).map_err(|_| Refusal::Refused)?;
        signature.try_into().map_err(|_| Refusal::Refused)
    }
}
