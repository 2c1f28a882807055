//! Where a practice has one administrator, whoever holds the console is the second person of a reset, and the person is
//! written to as if an administrator had approved it.

use curtain_storage::testing::TestDatabase;
use serde_json::json;

use crate::support::{Client, ORIGIN, Server, TestFile, code, demo_accounts, refusal, success};

const ANA: &str = "ana@demo.curtain.example";

/// The demo's administrator, signed in a moment ago.
fn iris(server: &Server) -> Client {
    let accounts = demo_accounts();
    let iris = accounts.as_array().and_then(|all| all.iter().find(|one| one["role"] == "administrator"));
    let iris = iris.expect("an administrator");
    let mut client = server.client(ORIGIN);
    client
        .post("/api/v1/sign-in", &json!({"email": iris["email"], "password": iris["password"]}))
        .expect(200);
    let secret = iris["totp_secret"].as_str().expect("a secret");
    client.post("/api/v1/sign-in/code", &json!({"code": code(secret, 0)})).expect(200);
    client
}

/// Asks for a reset of Ana's password and second factor, as an administrator who saw her does.
fn ask(client: &mut Client) {
    let people = client.get("/api/v1/people").expect(200).json();
    let ana = people["people"].as_array().and_then(|all| all.iter().find(|one| one["email"] == ANA));
    let path =
        format!("/api/v1/people/{}/access-reset", ana.expect("Ana")["person"].as_str().expect("an id"));
    client.post(&path, &json!({"identity_check": "in_person"})).expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_approves_what_was_asked_and_the_person_is_told() {
    let database = TestDatabase::fresh().await;
    let server = Server::demo(&database);
    let url = database.owner_url();
    let approve =
        ["approve-reset", "--email", ANA, "--database-url", &url, "--public-origin", ORIGIN, "--demo"];
    let early = refusal(&approve);
    assert!(early.contains("no reset of this account waits for approval"), "{early}");

    let mut client = iris(&server);
    ask(&mut client);
    let key = TestFile::with_key();
    let other_key = [&approve[..7], &["--key-file", key.path()]].concat();
    let refused = refusal(&other_key);
    assert!(refused.contains("the key file is not the one of this database"), "{refused}");

    let printed = success(&approve);
    let (address, token) = printed.trim().split_once('#').expect("the token stands in the fragment");
    assert_eq!(address, format!("{ORIGIN}/activate"));
    let outbox = client.get("/api/v1/outbox").expect(200).json();
    let newest = &outbox["mails"][0];
    assert_eq!((&newest["to"], &newest["subject"]), (&json!(ANA), &json!("Your way to sign in was reset")));
    assert!(newest["text"].as_str().is_some_and(|text| text.contains(printed.trim())), "the same link");
    let opened =
        server.client(ORIGIN).post("/api/v1/activation", &json!({"token": token})).expect(200).json();
    assert_eq!(opened["step"], "password");
    assert!(refusal(&approve).contains("no reset of this account waits"), "once");
}
