//! What is wrong with the settings is told at once and in plain words, before anything starts.

use curtain_storage::testing::TestDatabase;

use crate::support::{TestFile, refusal, run, success};

#[test]
fn every_complaint_comes_at_once() {
    let told = refusal(&[
        "serve",
        "--database-url",
        "postgres://nobody@localhost/x",
        "--listen",
        "everywhere",
        "--public-origin",
        "http://visits.example.org",
        "--tls-cert",
        "cert.pem",
    ]);
    for flag in ["--listen", "--public-origin", "--tls-cert", "--key-file"] {
        assert!(told.contains(&format!("  - {flag}")), "{flag} is missing in:\n{told}");
    }
}

#[test]
fn a_proxy_that_nobody_named_is_no_proxy() {
    let told = refusal(&[
        "serve",
        "--database-url",
        "postgres://nobody@localhost/x",
        "--public-origin",
        "https://visits.example.org",
        "--key-file",
        "key",
        "--behind-tls-proxy",
    ]);
    let complaints: Vec<_> = told.lines().filter(|line| line.starts_with("  - ")).collect();
    assert_eq!(complaints.len(), 1, "{told}");
    assert!(complaints[0].contains("--behind-tls-proxy needs --trusted-proxies"), "{told}");
}

#[test]
fn a_key_that_is_none_is_named() {
    for (content, words) in [("not hex", "64 hexadecimal digits"), ("abcd", "64 hexadecimal digits")] {
        let key = TestFile::new(content);
        let told = refusal(&[
            "serve",
            "--database-url",
            "postgres://nobody@localhost/x",
            "--public-origin",
            "https://a.example",
            "--key-file",
            key.path(),
        ]);
        assert!(told.contains(words) && told.contains(key.path()) && !told.contains(content), "{told}");
    }
}

#[test]
fn a_database_that_is_not_there_is_named_without_its_password() {
    let url = "postgres://owner:zqsecret@localhost/x?host=/nonexistent";
    for command in
        [&["migrate"][..], &["doctor", "--demo"], &["serve", "--demo", "--public-origin", "http://localhost"]]
    {
        let output = run(&[command, &["--database-url", url]].concat());
        assert!(!output.status.success(), "{command:?}");
        let told = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
        assert!(told.contains("the database can't be reached") && !told.contains("zqsecret"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_shows_what_is_there_and_what_is_missing() {
    let database = TestDatabase::fresh().await;
    let url = database.owner_url();
    let output = run(&["doctor", "--demo", "--database-url", &url]);
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(!output.status.success());
    assert!(told.contains("ok  database: answers") && told.contains("ok  database roles"), "{told}");
    assert!(told.contains("BAD practice: there is none yet"), "{told}");
}

#[test]
fn the_document_is_printed() {
    assert_eq!(success(&["openapi"]), curtain_api::document());
}
