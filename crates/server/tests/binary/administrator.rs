//! The first run of a practice: migrate, create an administrator, serve, follow the link, sign in.

use curtain_storage::testing::TestDatabase;
use serde_json::json;

use crate::support::{
    Client, ORIGIN, Server, TestFile, code, create_admin, found_practice, refusal, serve_refused, success,
};

const PASSWORD: &str = "four rivers meet below the mill";

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

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_link_leads_to_a_signed_in_administrator() {
    let database = TestDatabase::fresh().await;
    success(&["migrate", "--database-url", &database.owner_url()]);
    let link = found_practice(&database, ORIGIN);
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
    found_practice(&database, ORIGIN);
    let url = database.owner_url();
    let again = refusal(&create_admin(&url, "IRIS@example.test", &["--public-origin", ORIGIN]));
    assert!(again.contains("has an account with this address"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_names_the_practice() {
    let database = TestDatabase::fresh().await;
    let url = database.owner_url();
    let unnamed = refusal(&create_admin(&url, "i@x", &["--public-origin", ORIGIN]));
    assert!(unnamed.contains("name it with --practice"), "{unnamed}");
    let key = TestFile::with_key();
    let early = serve_refused(&database, &["--key-file", key.path()]);
    assert!(early.contains("run `curtain create-admin` first"), "{early}");
}
