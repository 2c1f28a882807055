//! What the listener itself refuses or ends, before any route is asked; and that TLS is there when it is asked for.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use curtain_storage::testing::TestDatabase;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Answer, Server, TestFile, connect, read_all, success};

const ORIGIN: &str = "http://localhost:8443";

#[tokio::test(flavor = "multi_thread")]
async fn headers_have_an_end() {
    let database = TestDatabase::fresh().await;
    let server = Server::start(&database, &["--demo", "--public-origin", ORIGIN]);
    let mut connection = connect(server.port);
    let bomb = format!("GET /api/v1/livez HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "a".repeat(40_000));
    // The server may answer and close before it has read everything.
    let _ = connection.write_all(bomb.as_bytes());
    let answer = Answer::parse(&read_all(&connection));
    assert!([0, 431].contains(&answer.status), "{answer:?}");
    server.client(ORIGIN).get("/livez").expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_never_come_end_the_connection() {
    let database = TestDatabase::fresh().await;
    let server = Server::start(&database, &["--demo", "--public-origin", ORIGIN]);
    let mut connection = connect(server.port);
    connection.set_read_timeout(Some(Duration::from_secs(15))).expect("a timeout");
    connection.write_all(b"GET /api/v1/livez HTTP/1.1\r\nhost: loc").expect("the server reads");
    let mut end = [0; 512];
    let read = std::io::Read::read(&mut connection, &mut end);
    assert!(read.is_ok(), "the server waited longer than it says: {read:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_makes_it_tls() {
    let database = TestDatabase::fresh().await;
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let certificate = TestFile::new(&made.cert.pem());
    let key = TestFile::new(&made.signing_key.serialize_pem());
    let (kek, url, origin) = (TestFile::with_key(), database.owner_url(), "https://localhost:8443");
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
        origin,
    ]);
    let tls = ["--tls-cert", certificate.path(), "--tls-key", key.path()];
    let server = Server::start(
        &database,
        &[&["--key-file", kek.path(), "--public-origin", origin], &tls[..]].concat(),
    );

    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let session = ClientConnection::new(Arc::new(config), name).expect("a client");
    let connection = StreamOwned::new(session, connect(server.port));
    let answer = server.client(origin).send(connection, "GET", "/livez", "").expect(200);
    assert!(answer.head.contains("strict-transport-security: max-age=31536000"), "{}", answer.head);
}
