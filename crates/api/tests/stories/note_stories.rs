//! The note of a visit: its author's alone, saved in versions, never lost, never blank by mistake (CR1).

use serde_json::json;

use crate::support::TestHouse;

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_saved_in_versions() {
    let house = TestHouse::open().await;
    let path = format!("/api/v1/visits/{}/note", house.visit(&house.ana, &house.lee, &[]).await);
    let mut lee = house.sign_in(&house.lee).await;

    let empty = lee.get(&path).await.expect(200);
    assert_eq!((empty.json()["text"].as_str(), empty.json()["version"].as_u64()), (Some(""), Some(0)));
    assert_eq!(empty.header("etag"), "\"0\"");

    let first = lee.put(&path, Some("\"0\""), json!({"text": "Slept well."})).await.expect(200);
    assert_eq!(first.json()["version"], 1);
    assert_eq!(first.header("etag"), "\"1\"");
    let second = lee.put(&path, Some("\"1\""), json!({"text": "Slept well. ✓"})).await.expect(200);
    assert_eq!(second.json()["version"], 2);

    let read = lee.get(&path).await.expect(200);
    assert_eq!(read.json()["text"], "Slept well. ✓");
    assert_eq!(read.header("etag"), "\"2\"");
    assert_eq!(read.header("cache-control"), "no-store");
    assert_eq!(read.json()["saved_at"], second.json()["saved_at"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_can_not_overwrite_each_other() {
    let house = TestHouse::open().await;
    let path = format!("/api/v1/visits/{}/note", house.visit(&house.ana, &house.lee, &[]).await);
    let mut lee = house.sign_in(&house.lee).await;
    lee.put(&path, Some("\"0\""), json!({"text": "from the first tab"})).await.expect(200);

    let late = lee.put(&path, Some("\"0\""), json!({"text": "from the second"})).await;
    let late = late.expect_problem(412, "note_changed");
    assert_eq!(late.json()["version"], 1);
    let ahead = lee.put(&path, Some("\"7\""), json!({"text": "from the future"})).await;
    assert_eq!(ahead.expect_problem(412, "note_changed").json()["version"], 1);
    assert_eq!(lee.get(&path).await.json()["text"], "from the first tab");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_saves_at_once_are_one() {
    let house = TestHouse::open().await;
    let path = format!("/api/v1/visits/{}/note", house.visit(&house.ana, &house.lee, &[]).await);
    let lee = house.sign_in(&house.lee).await;
    let saves: Vec<_> = (0..20)
        .map(|number| {
            let (mut tab, path) = (lee.clone(), path.clone());
            tokio::spawn(async move {
                tab.put(&path, Some("\"0\""), json!({"text": format!("save {number}")})).await.status.as_u16()
            })
        })
        .collect();
    let mut statuses = Vec::new();
    for save in saves {
        statuses.push(save.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 412].contains(status)), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_must_say_what_it_replaces() {
    let house = TestHouse::open().await;
    let path = format!("/api/v1/visits/{}/note", house.visit(&house.ana, &house.lee, &[]).await);
    let mut lee = house.sign_in(&house.lee).await;
    lee.put(&path, None, json!({"text": "a"})).await.expect_problem(428, "if_match_required");
    lee.put(&path, Some("*"), json!({"text": "a"})).await.expect_problem(400, "malformed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_has_an_end() {
    let house = TestHouse::open().await;
    let path = format!("/api/v1/visits/{}/note", house.visit(&house.ana, &house.lee, &[]).await);
    let mut lee = house.sign_in(&house.lee).await;
    // Four bytes a character: the widest that a full note gets.
    let full = "𝄞".repeat(100_000);
    lee.put(&path, Some("\"0\""), json!({"text": full})).await.expect(200);
    assert_eq!(lee.get(&path).await.json()["text"], full);
    let longer = "a".repeat(100_001);
    lee.put(&path, Some("\"1\""), json!({"text": longer})).await.expect_problem(422, "unprocessable");
    let huge = "a".repeat(1_000_000);
    lee.put(&path, Some("\"1\""), json!({"text": huge})).await.expect_problem(413, "too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_author_reads_or_writes_it() {
    let house = TestHouse::open().await;
    let path = format!("/api/v1/visits/{}/note", house.visit(&house.ana, &house.lee, &[&house.frey]).await);
    let mut lee = house.sign_in(&house.lee).await;
    lee.put(&path, Some("\"0\""), json!({"text": "hers alone"})).await.expect(200);
    for (person, status, code) in [
        (&house.frey, 404, "not_found"),
        (&house.okafor, 404, "not_found"),
        (&house.ana, 403, "not_allowed"),
        (&house.iris, 403, "not_allowed"),
        (&house.paul, 403, "not_allowed"),
    ] {
        let mut browser = house.sign_in(person).await;
        browser.get(&path).await.expect_problem(status, code);
        browser.put(&path, Some("\"1\""), json!({"text": "forged"})).await.expect_problem(status, code);
    }
    assert_eq!(lee.get(&path).await.json()["text"], "hers alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tampered_note_is_an_error_and_never_a_blank() {
    let house = TestHouse::open().await;
    let visit = house.visit(&house.ana, &house.lee, &[]).await;
    let path = format!("/api/v1/visits/{visit}/note");
    let mut lee = house.sign_in(&house.lee).await;
    lee.put(&path, Some("\"0\""), json!({"text": "as it was"})).await.expect(200);
    house.tamper_with_note(&visit).await;
    lee.get(&path).await.expect_problem(500, "internal");
}
