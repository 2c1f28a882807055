//! The crate graph of docs/architecture.md: who may import whom, and which outside crate has one home.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use curtain_invariants::{expect_none, root};
use serde_json::Value;

/// Our crates and what each may import of ours, in the product itself.
const MAY_IMPORT: [(&str, &[&str]); 14] = [
    ("curtain-domain", &[]),
    ("curtain-e2ee", &["curtain-domain"]),
    ("curtain-protocol", &["curtain-domain"]),
    ("curtain-signalling", &["curtain-domain", "curtain-protocol"]),
    ("curtain-media", &["curtain-domain", "curtain-protocol"]),
    ("curtain-auth", &["curtain-domain"]),
    ("curtain-vault", &["curtain-domain", "curtain-auth"]),
    ("curtain-storage", &["curtain-domain", "curtain-auth"]),
    (
        "curtain-api",
        &[
            "curtain-domain",
            "curtain-protocol",
            "curtain-signalling",
            "curtain-media",
            "curtain-auth",
            "curtain-vault",
            "curtain-storage",
        ],
    ),
    (
        "curtain-server",
        &[
            "curtain-domain",
            "curtain-auth",
            "curtain-vault",
            "curtain-storage",
            "curtain-media",
            "curtain-api",
        ],
    ),
    ("curtain-testkit", &["curtain-domain", "curtain-protocol", "curtain-e2ee"]),
    ("xtask", &[]),
    // For programs that must not compile.
    ("curtain-invariants", &["curtain-domain", "curtain-auth", "curtain-vault", "curtain-storage"]),
    ("curtain-process", &[]),
];

/// What tests may import on top: a test may look over a wall that the product may not climb.
const TESTS_MAY_IMPORT: [(&str, &[&str]); 4] = [
    // Rows that really are sealed, by the one who seals.
    ("curtain-storage", &["curtain-storage", "curtain-vault"]),
    ("curtain-api", &["curtain-storage"]),
    // Native participants against the real forwarder.
    ("curtain-testkit", &["curtain-media"]),
    ("curtain-process", &["curtain-testkit"]),
];

/// Outside crates that only these may name.
const HOMES: [(&str, &[&str]); 32] = [
    ("mls-rs", &["curtain-e2ee"]),
    ("mls-rs-core", &["curtain-e2ee"]),
    ("mls-rs-crypto-rustcrypto", &["curtain-e2ee"]),
    ("wasm-bindgen", &["curtain-e2ee"]),
    ("js-sys", &["curtain-e2ee"]),
    ("ts-rs", &["curtain-protocol"]),
    ("argon2", &["curtain-auth"]),
    ("totp-rs", &["curtain-auth"]),
    ("webauthn-rs", &["curtain-auth"]),
    ("ring", &["curtain-auth", "curtain-vault", "curtain-media"]),
    ("cryptoki", &["curtain-vault"]),
    ("sqlx", &["curtain-storage"]),
    ("rtc", &["curtain-media", "curtain-testkit"]),
    ("axum", &["curtain-api", "curtain-server"]),
    ("axum-extra", &["curtain-api"]),
    ("tower", &["curtain-api"]),
    ("tower-http", &["curtain-api"]),
    ("utoipa", &["curtain-api"]),
    ("rust-embed", &["curtain-api"]),
    ("axum-server", &["curtain-server"]),
    ("hyper-util", &["curtain-server"]),
    ("rustls", &["curtain-server"]),
    ("clap", &["curtain-server"]),
    ("lettre", &["curtain-server"]),
    ("tracing-subscriber", &["curtain-server"]),
    ("anyhow", &["curtain-server", "curtain-testkit", "curtain-process"]),
    ("webrtc", &["curtain-testkit"]),
    ("openmls", &["curtain-testkit"]),
    ("openmls_rust_crypto", &["curtain-testkit"]),
    ("sframe", &["curtain-testkit"]),
    ("tokio-tungstenite", &["curtain-testkit"]),
    ("rcgen", &["curtain-testkit", "curtain-server"]),
];

/// The same for tests alone.
const TESTS_MAY_NAME: [(&str, &[&str]); 1] = [
    // A client for the sockets that are tried.
    ("curtain-api", &["tokio-tungstenite"]),
];

/// Crates that must stay pure: no runtime, no randomness, no log.
const PURE: [(&str, &[&str]); 2] = [
    ("curtain-signalling", &["tokio", "rand", "tracing", "ring"]),
    ("curtain-domain", &["tokio", "rand", "tracing", "ring"]),
];

/// What may not be in the server's binary: the private group's code, a second TLS stack, or C builds beside ring's.
const NOT_IN_THE_SERVER: [&str; 15] = [
    "curtain-e2ee",
    "curtain-testkit",
    "mls-rs",
    "mls-rs-core",
    "openmls",
    "sframe",
    "webrtc",
    "aws-lc-rs",
    "aws-lc-sys",
    "openssl",
    "openssl-sys",
    "native-tls",
    "cmake",
    "bindgen",
    "zstd-sys",
];

/// Direct outside crates of the whole workspace.
const OUTSIDE_CRATES: usize = 60;

struct Edge {
    from: String,
    to: String,
    /// Only tests see it.
    dev: bool,
    /// One of our own, by path.
    ours: bool,
}

fn metadata(arguments: &[&str]) -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1", "--locked"]).args(arguments).current_dir(root());
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn edges() -> Vec<Edge> {
    let metadata = metadata(&["--no-deps"]);
    let mut edges = Vec::new();
    for package in list(&metadata["packages"]) {
        for dependency in list(&package["dependencies"]) {
            edges.push(Edge {
                from: text(&package["name"]),
                to: text(&dependency["name"]),
                dev: dependency["kind"] == "dev",
                ours: dependency["path"].is_string(),
            });
        }
    }
    edges
}

fn may<'a>(table: &'a [(&str, &'a [&'a str])], from: &str) -> &'a [&'a str] {
    table.iter().find(|(name, _)| *name == from).map_or(&[], |(_, allowed)| allowed)
}

#[test]
fn every_crate_stands_in_the_table() {
    let metadata = metadata(&["--no-deps"]);
    let there: BTreeSet<String> = list(&metadata["packages"]).map(|package| text(&package["name"])).collect();
    let told: BTreeSet<String> = MAY_IMPORT.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(there, told, "a new crate needs its row here and in docs/architecture.md");
}

#[test]
fn imports_go_downward_only() {
    let forbidden = |edge: &&Edge| {
        let allowed = may(&MAY_IMPORT, &edge.from).contains(&edge.to.as_str());
        let for_tests = edge.dev && may(&TESTS_MAY_IMPORT, &edge.from).contains(&edge.to.as_str());
        edge.ours && !allowed && !for_tests
    };
    let found: Vec<String> =
        edges().iter().filter(forbidden).map(|edge| format!("{} imports {}", edge.from, edge.to)).collect();
    expect_none("imports that the table does not allow", &found);
}

#[test]
fn outside_crates_stay_in_their_home() {
    let at_home = |edge: &Edge| {
        let elsewhere =
            |(name, homes): &(&str, &[&str])| *name == edge.to && !homes.contains(&edge.from.as_str());
        !HOMES.iter().any(elsewhere)
            || edge.dev && may(&TESTS_MAY_NAME, &edge.from).contains(&edge.to.as_str())
    };
    let impure = |edge: &Edge| !edge.dev && may(&PURE, &edge.from).contains(&edge.to.as_str());
    let found: Vec<String> = edges()
        .iter()
        .filter(|edge| !at_home(edge) || impure(edge))
        .map(|edge| format!("{} names {}", edge.from, edge.to))
        .collect();
    expect_none("outside crates named where they do not belong", &found);
}

#[test]
fn the_server_cannot_name_the_private_group() {
    let linked = linked_by("curtain-server");
    assert!(linked.contains_key("ring") && linked.contains_key("sqlx"), "the walk found no server at all");
    let found: Vec<String> = NOT_IN_THE_SERVER
        .iter()
        .filter_map(|name| linked.get(*name).map(|through| format!("{name}, through {through}")))
        .collect();
    expect_none("linked into the server", &found);
}

/// Every package that `root` links or builds with, and through whom.
fn linked_by(root: &str) -> BTreeMap<String, String> {
    let metadata = metadata(&["--filter-platform", "x86_64-unknown-linux-gnu"]);
    let name_of: BTreeMap<&str, String> =
        list(&metadata["packages"]).filter_map(|p| Some((p["id"].as_str()?, text(&p["name"])))).collect();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).filter_map(|node| Some((node["id"].as_str()?, node))).collect();
    let start =
        name_of.iter().find(|(_, name)| *name == root).map(|(id, _)| *id).expect("the package is there");
    let (mut found, mut open) = (BTreeMap::new(), vec![start]);
    while let Some(id) = open.pop() {
        for dependency in list(&nodes[id]["deps"]) {
            let for_tests_only = list(&dependency["dep_kinds"]).all(|kind| kind["kind"] == "dev");
            let to = dependency["pkg"].as_str().unwrap_or_default();
            if !for_tests_only && !found.contains_key(&name_of[to]) {
                found.insert(name_of[to].clone(), name_of[id].clone());
                open.push(to);
            }
        }
    }
    found
}

#[test]
fn the_list_of_outside_crates_stays_short() {
    let outside: BTreeSet<String> =
        edges().into_iter().filter(|edge| !edge.ours).map(|edge| edge.to).collect();
    assert!(outside.len() <= OUTSIDE_CRATES, "{} direct outside crates: {outside:?}", outside.len());
}
