//! `curtain audit`: what it says of a log that is empty, whole, cut off, and signed by the key of yesterday.

use std::path::PathBuf;

use curtain_storage::testing::TestDatabase;
use curtain_vault::KeyEncryptionKey;

use crate::support::{ORIGIN, Server, TestFile, found_practice, success, told_in_failing};

/// A practice with a key of its own, and a place for its checkpoints where nothing stands yet.
struct Practice {
    database: TestDatabase,
    key: TestFile,
    checkpoints: PathBuf,
}

impl Practice {
    async fn without_people() -> Self {
        let (database, key) = (TestDatabase::fresh().await, TestFile::with_key());
        let checkpoints = PathBuf::from(format!("{}-checkpoints", key.path()));
        Self { database, key, checkpoints }
    }

    async fn founded() -> Self {
        let practice = Self::without_people().await;
        found_practice(&practice.database, ORIGIN);
        practice
    }

    fn file(&self) -> &str {
        self.checkpoints.to_str().expect("a path in UTF-8")
    }

    /// Starts the server, which writes something down, and stops it, which signs that.
    fn serve_once(&self) {
        let good =
            ["--key-file", self.key.path(), "--public-origin", ORIGIN, "--audit-checkpoints", self.file()];
        let server = Server::start(&self.database, &good);
        let nobody = serde_json::json!({"email": "nobody@x.example", "password": "not this one"});
        server.client(ORIGIN).post("/api/v1/sign-in", &nobody).expect(401);
        assert!(server.stop().success());
    }

    fn verify(&self, more: &[&str]) -> Vec<String> {
        let url = self.database.owner_url();
        let known = ["audit", "verify", "--database-url", &url, "--key-file", self.key.path()];
        let checkpoints = ["--checkpoints", self.file()];
        [&known[..], &checkpoints, more].concat().into_iter().map(str::to_owned).collect()
    }

    fn public_key(&self) -> String {
        let url = self.database.owner_url();
        success(&["audit", "public-key", "--database-url", &url, "--key-file", self.key.path()])
            .trim()
            .to_owned()
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        // Err when the test never came to sign anything.
        let _ = std::fs::remove_file(&self.checkpoints);
    }
}

fn borrowed(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_without_entries_is_no_fault() {
    for practice in [Practice::without_people().await, Practice::founded().await] {
        let told = success(&borrowed(&practice.verify(&[])));
        assert_eq!(told, "The audit log has no entries yet.\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_log_is_told_and_one_that_was_emptied_is_found() {
    let practice = Practice::founded().await;
    practice.serve_once();
    let told = success(&borrowed(&practice.verify(&[])));
    assert!(told.starts_with("The audit log is whole: "), "{told}");
    let emptied = "set session_replication_role = replica; \
        truncate curtain.audit_checkpoint, curtain.audit_entry, curtain.audit_event";
    practice.database.arrange(emptied).await;
    let told = told_in_failing(&borrowed(&practice.verify(&[])));
    assert!(told.contains("the log ends before this entry") || told.contains("BAD entry 1"), "{told}");
    practice
        .database
        .arrange(&format!("{emptied}; delete from curtain.alert; delete from curtain.practice"))
        .await;
    let told = told_in_failing(&borrowed(&practice.verify(&[])));
    assert!(told.contains("no practice in this database"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_with_entries_needs_the_file_that_was_named() {
    let practice = Practice::founded().await;
    practice.serve_once();
    std::fs::remove_file(&practice.checkpoints).expect("a file");
    let told = told_in_failing(&borrowed(&practice.verify(&[])));
    assert!(told.contains("there are no checkpoints in"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_of_the_key_before_count_when_it_is_named() {
    let practice = Practice::founded().await;
    practice.serve_once();
    let before = practice.public_key();
    assert!(before.starts_with("curtain-audit/"), "{before}");
    let another = KeyEncryptionKey::generate_hex(&curtain_auth::SystemEntropy::new());
    std::fs::write(practice.key.path(), another.as_bytes()).expect("written");
    let told = told_in_failing(&borrowed(&practice.verify(&[])));
    assert!(told.contains("signature"), "{told}");
    let named = ["--audit-earlier-keys", before.as_str()];
    let told = success(&borrowed(&practice.verify(&named)));
    assert!(told.starts_with("The audit log is whole: "), "{told}");
    let told =
        told_in_failing(&borrowed(&practice.verify(&["--audit-earlier-keys", "curtain-audit/other+0+0"])));
    assert!(told.contains("is no public key of this practice's audit log"), "{told}");
}
