//! The first run of a practice: migrate, create an administrator, serve, follow the link, sign in.

use curtain_auth::TotpSecret;
use curtain_domain::{Clock as _, SystemClock};
use curtain_storage::testing::TestDatabase;
use data_encoding::BASE32_NOPAD;
use serde_json::json;

use crate::support::{Client, Server, TestFile, refusal, success};

const ORIGIN: &str = "http://localhost:8443";
const PASSWORD: &str = "four rivers meet below the mill";

fn create(database: &TestDatabase, email: &str, more: &[&str]) -> String {
    let url = database.owner_url();
    let mut arguments =
        vec!["create-admin", "--name", "Iris Novak", "--email", email, "--database-url", &url];
    arguments.extend(["--public-origin", ORIGIN]);
    arguments.extend(more);
    success(&arguments)
}

/// Follows an activation link to its end and gives the authenticator's secret.
fn activate(client: &mut Client, token: &str) -> String {
    let opened = client.post("/api/v1/activation", &json!({"token": token})).expect(200).json();
    assert_eq!(opened["step"], "password");
    let chosen = json!({"token": token, "password": PASSWORD});
    let secret = client.post("/api/v1/activation/password", &chosen).expect(200).json();
    let secret = secret["secret"].as_str().expect("a secret").to_owned();
    let confirm = json!({"token": token, "code": code(&secret, 0)});
    let codes = client.post("/api/v1/activation/confirm", &confirm).expect(200).json();
    assert_eq!(codes["recovery_codes"].as_array().map(Vec::len), Some(10));
    secret
}

/// The code of a step near the present one. The server takes the next step too, and each only once.
fn code(base32: &str, steps_ahead: u64) -> String {
    let bytes = BASE32_NOPAD.decode(base32.as_bytes()).expect("base32");
    let at = SystemClock.now() + std::time::Duration::from_secs(30 * steps_ahead);
    TotpSecret::from_bytes(&bytes).expect("twenty bytes").code_at(at)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_link_leads_to_a_signed_in_administrator() {
    let database = TestDatabase::fresh().await;
    success(&["migrate", "--database-url", &database.owner_url()]);
    let link = create(&database, "iris@example.test", &["--practice", "Mill Lane"]);
    let (address, token) = link.trim().split_once('#').expect("the token stands in the fragment");
    assert_eq!(address, "http://localhost:8443/activate");

    let key = TestFile::with_key();
    let server = Server::start(&database, &["--key-file", key.path(), "--public-origin", ORIGIN]);
    let mut client = server.client(ORIGIN);
    client.get("/readyz").expect(200);
    let secret = activate(&mut client, token);
    client.post("/api/v1/activation", &json!({"token": token})).expect(404);

    client.post("/api/v1/sign-in", &json!({"email": "iris@example.test", "password": PASSWORD})).expect(200);
    client.post("/api/v1/sign-in/code", &json!({"code": code(&secret, 1)})).expect(200);
    let me = client.get("/api/v1/me").expect(200).json();
    assert_eq!((&me["role"], &me["practice"]["name"]), (&json!("administrator"), &json!("Mill Lane")));
    client.get("/api/v1/patients").expect(403);
    assert!(server.stop().success(), "SIGTERM is a good end");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_one_account() {
    let database = TestDatabase::fresh().await;
    create(&database, "iris@example.test", &["--practice", "Mill Lane"]);
    let url = database.owner_url();
    let again = refusal(&[
        "create-admin",
        "--name",
        "Other",
        "--email",
        "IRIS@example.test",
        "--database-url",
        &url,
        "--public-origin",
        ORIGIN,
    ]);
    assert!(again.contains("has an account with this address"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_names_the_practice() {
    let database = TestDatabase::fresh().await;
    let url = database.owner_url();
    let unnamed = refusal(&[
        "create-admin",
        "--name",
        "I",
        "--email",
        "i@x",
        "--database-url",
        &url,
        "--public-origin",
        ORIGIN,
    ]);
    assert!(unnamed.contains("name it with --practice"), "{unnamed}");
    let key = TestFile::with_key();
    let early = refusal(&[
        "serve",
        "--key-file",
        key.path(),
        "--database-url",
        &url,
        "--public-origin",
        ORIGIN,
        "--listen",
        "127.0.0.1:0",
    ]);
    assert!(early.contains("run `curtain create-admin` first"), "{early}");
}
