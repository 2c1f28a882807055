//! The demo's key, people and passwords are public: no server but a demo takes them.

use curtain_storage::testing::TestDatabase;
use serde_json::Value;

use crate::support::{Server, TestFile, refusal, success};

const ORIGIN: &str = "http://localhost:8443";

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_seeds_itself_and_no_other_server_takes_its_database() {
    let database = TestDatabase::fresh().await;
    let url = database.owner_url();
    for _ in 0..2 {
        let server = Server::start(&database, &["--demo", "--public-origin", ORIGIN]);
        let accounts: Value = serde_json::from_str(&success(&["demo-accounts", "--json"])).expect("JSON");
        assert_eq!(accounts.as_array().map(Vec::len), Some(6));
        let lee = &accounts[0];
        let form = serde_json::json!({"email": lee["email"], "password": lee["password"]});
        server.client(ORIGIN).post("/api/v1/sign-in", &form).expect(200);
        assert!(server.stop().success());
    }
    let key = TestFile::with_key();
    let refused = refusal(&[
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
    assert!(refused.contains("the database holds the demo practice"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_that_everybody_knows_is_refused() {
    let database = TestDatabase::fresh().await;
    let public = data_encoding::HEXLOWER.encode(b"curtain demo: everybody knows me");
    let key = TestFile::new(&public);
    let url = database.owner_url();
    for command in ["serve", "doctor"] {
        let mut arguments = vec![command, "--key-file", key.path(), "--database-url", &url];
        arguments.extend(
            (command == "serve")
                .then_some(["--public-origin", ORIGIN, "--listen", "127.0.0.1:0"])
                .into_iter()
                .flatten(),
        );
        let output = crate::support::run(&arguments);
        assert!(!output.status.success());
        let told = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
        assert!(told.contains("is the demo's, which everybody knows"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_leaves_a_real_practice_alone() {
    let database = TestDatabase::fresh().await;
    let url = database.owner_url();
    success(&[
        "create-admin",
        "--name",
        "I",
        "--email",
        "i@example.test",
        "--practice",
        "Mill Lane",
        "--database-url",
        &url,
        "--public-origin",
        ORIGIN,
    ]);
    let refused = refusal(&[
        "serve",
        "--demo",
        "--database-url",
        &url,
        "--public-origin",
        ORIGIN,
        "--listen",
        "127.0.0.1:0",
    ]);
    assert!(refused.contains("the demo needs a database of its own"), "{refused}");
}
