//! The working groups' vectors: suite 1 of the MLS passive clients, with the very crypto provider that we ship, and the
//! key derivation of SFrame suite 4. Where the files are absent the tests say so and pass.

use std::path::PathBuf;

use curtain_e2ee::derive_frame_key;
use mls_rs::client_builder::MlsConfig;
use mls_rs::group::ExportedTree;
use mls_rs::identity::SigningIdentity;
use mls_rs::identity::basic::{BasicCredential, BasicIdentityProvider};
use mls_rs::mls_rs_codec::MlsEncode;
use mls_rs::psk::{ExternalPskId, PreSharedKey};
use mls_rs::storage_provider::in_memory::{InMemoryKeyPackageStorage, InMemoryPreSharedKeyStorage};
use mls_rs::{CipherSuite, CipherSuiteProvider, Client, CryptoProvider, Group, MlsMessage};
use mls_rs_core::crypto::{HpkeSecretKey, SignatureSecretKey};
use mls_rs_core::key_package::KeyPackageData;
use mls_rs_crypto_rustcrypto::RustCryptoProvider;
use serde_json::Value;

fn vectors(path: &str) -> Option<Value> {
    let root = std::env::var_os("CURTAIN_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let file = root.join(path);
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("SKIPPED: no {}; set CURTAIN_VECTORS to the folder of the vectors", file.display());
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// Only suite 1 exists in this house.
fn of_suite_1(path: &str) -> Vec<Value> {
    let cases = vectors(path).map(|cases| cases.as_array().unwrap().clone()).unwrap_or_default();
    cases.into_iter().filter(|case| case["cipher_suite"] == 1).collect()
}

fn suite() -> impl CipherSuiteProvider {
    RustCryptoProvider::new().cipher_suite_provider(CipherSuite::CURVE25519_AES128).unwrap()
}

/// A client that owns the vector's KeyPackage and its three private keys.
fn passive_client(case: &Value) -> Client<impl MlsConfig + use<>> {
    let message = MlsMessage::from_bytes(&hex(&case["key_package"])).unwrap();
    let key_package = message.as_key_package().unwrap();
    // RFC 9420 has the seed alone; the library wants seed | public.
    let public = key_package.signing_identity().signature_key.to_vec();
    let signer: SignatureSecretKey = [hex(&case["signature_priv"]), public.clone()].concat().into();
    let stored = KeyPackageData::new(
        key_package.mls_encode_to_vec().unwrap(),
        HpkeSecretKey::from(hex(&case["init_priv"])),
        HpkeSecretKey::from(hex(&case["encryption_priv"])),
        key_package.expiration().unwrap().seconds_since_epoch(),
    );
    let key_packages = InMemoryKeyPackageStorage::new();
    let reference = message.key_package_reference(&suite()).unwrap().unwrap();
    key_packages.insert(reference.to_vec(), stored);
    let mut psks = InMemoryPreSharedKeyStorage::default();
    for psk in case["external_psks"].as_array().unwrap() {
        psks.insert(ExternalPskId::new(hex(&psk["psk_id"])), PreSharedKey::from(hex(&psk["psk"])));
    }
    let identity =
        SigningIdentity::new(BasicCredential::new(b"passive".to_vec()).into_credential(), public.into());
    Client::builder()
        .key_package_repo(key_packages)
        .psk_store(psks)
        .crypto_provider(RustCryptoProvider::new())
        .identity_provider(BasicIdentityProvider::new())
        .signing_identity(identity, signer, CipherSuite::CURVE25519_AES128)
        .build()
}

fn authenticator<C: MlsConfig>(group: &Group<C>) -> Vec<u8> {
    group.epoch_authenticator().unwrap().as_bytes().to_vec()
}

/// Joins by the Welcome and follows every epoch. Gives the number of commits.
fn follow(case: &Value) -> usize {
    let client = passive_client(case);
    let tree = case["ratchet_tree"].as_str().map(|_| hex(&case["ratchet_tree"]));
    let tree = tree.as_deref().map(|bytes| ExportedTree::from_bytes(bytes).unwrap());
    let welcome = MlsMessage::from_bytes(&hex(&case["welcome"])).unwrap();
    let (mut group, _) = client.join_group(tree, &welcome, None).unwrap();
    assert_eq!(authenticator(&group), hex(&case["initial_epoch_authenticator"]));
    let epochs = case["epochs"].as_array().unwrap();
    for epoch in epochs {
        for proposal in epoch["proposals"].as_array().unwrap() {
            group.process_incoming_message(MlsMessage::from_bytes(&hex(proposal)).unwrap()).unwrap();
        }
        group.process_incoming_message(MlsMessage::from_bytes(&hex(&epoch["commit"])).unwrap()).unwrap();
        assert_eq!(authenticator(&group), hex(&epoch["epoch_authenticator"]));
    }
    epochs.len()
}

fn follow_all(name: &str, cases: usize, commits: usize) {
    let found = of_suite_1(&format!("mls/passive-client-{name}.json"));
    if !found.is_empty() {
        let followed: usize = found.iter().map(follow).sum();
        assert_eq!((found.len(), followed), (cases, commits));
    }
}

#[test]
fn eight_passive_clients_join_by_welcome() {
    follow_all("welcome", 8, 0);
}

#[test]
fn thirteen_passive_clients_handle_commits() {
    follow_all("handling-commit", 13, 26);
}

#[test]
fn one_passive_client_follows_two_hundred_random_epochs() {
    follow_all("random", 1, 200);
}

#[test]
fn frame_keys_of_suite_4_are_those_of_rfc_9605() {
    let Some(vectors) = vectors("sframe/test-vectors.json") else { return };
    let cases = vectors["sframe"].as_array().unwrap().iter().filter(|case| case["cipher_suite"] == 4);
    let mut seen = 0;
    for case in cases {
        let kid = case["kid"].as_u64().unwrap();
        let (key, salt) = derive_frame_key(&hex(&case["base_key"]), kid).unwrap();
        assert_eq!(key.to_vec(), hex(&case["sframe_key"]));
        assert_eq!(salt.to_vec(), hex(&case["sframe_salt"]));
        seen += 1;
    }
    assert_eq!(seen, 1);
}
