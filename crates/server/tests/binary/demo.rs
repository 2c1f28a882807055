//! The demo's key, people and passwords are public: no server but a demo takes them.

use curtain_storage::testing::TestDatabase;

use crate::support::{
    ORIGIN, Server, TestFile, demo_accounts, found_practice, serve_refused, told_in_failing,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_seeds_itself_and_no_other_server_takes_its_database() {
    let database = TestDatabase::fresh().await;
    for _ in 0..2 {
        let server = Server::demo(&database);
        let accounts = demo_accounts();
        assert_eq!(accounts.as_array().map(Vec::len), Some(6));
        let lee = &accounts[0];
        let form = serde_json::json!({"email": lee["email"], "password": lee["password"]});
        server.client(ORIGIN).post("/api/v1/sign-in", &form).expect(200);
        assert!(server.stop().success());
    }
    let key = TestFile::with_key();
    let refused = serve_refused(&database, &["--key-file", key.path()]);
    assert!(refused.contains("the database holds the demo practice"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_that_everybody_knows_is_refused() {
    let database = TestDatabase::fresh().await;
    let public = data_encoding::HEXLOWER.encode(b"curtain demo: everybody knows me");
    let key = TestFile::new(&public);
    let key = ["--key-file", key.path()];
    let doctor = ["doctor", "--database-url", &database.owner_url()];
    for told in [serve_refused(&database, &key), told_in_failing(&[&doctor[..], &key].concat())] {
        assert!(told.contains("is the demo's, which everybody knows"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_leaves_a_real_practice_alone() {
    let database = TestDatabase::fresh().await;
    found_practice(&database, ORIGIN);
    let refused = serve_refused(&database, &["--demo"]);
    assert!(refused.contains("the demo needs a database of its own"), "{refused}");
}
