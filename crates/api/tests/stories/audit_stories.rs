//! What happens is written down with what it tells of, by whom and about whom; and whoever reads it is written down too.

use serde_json::{Value, json};

use crate::support::{Browser, TestHouse};

/// The actions that a search finds, newest first.
async fn actions(reader: &mut Browser, search: &str) -> Vec<String> {
    let page = reader.get(&format!("/api/v1/audit?{search}")).await.expect(200).json();
    let events = page["events"].as_array().expect("events").clone();
    events.iter().map(|event| event["action"].as_str().expect("an action").to_owned()).collect()
}

async fn newest(reader: &mut Browser, search: &str) -> Value {
    reader.get(&format!("/api/v1/audit?{search}")).await.expect(200).json()["events"][0].clone()
}

#[tokio::test]
async fn a_note_is_found_by_who_wrote_it_and_whom_it_is_about() {
    let house = TestHouse::open().await;
    let visit = house.visit(&house.ana, &house.lee, &[]).await;
    let mut lee = house.sign_in(&house.lee).await;
    let note = format!("/api/v1/visits/{visit}/note");
    lee.put(&note, Some("\"0\""), json!({"text": "zqmark words"})).await.expect(200);
    lee.get(&note).await.expect(200);

    let mut paul = house.sign_in(&house.paul).await;
    let written = newest(&mut paul, &format!("person={}&action=note_written", house.lee.id)).await;
    assert_eq!(
        written["actor"],
        json!({"person": house.lee.id, "name": house.lee.name, "role": "clinician"})
    );
    assert_eq!(written["patient"]["person"], json!(house.ana.id));
    assert_eq!((&written["visit"], &written["detail"]), (&json!(visit), &json!("version=1")));
    assert_eq!(written["outcome"], "success");
    assert_eq!(
        actions(&mut paul, &format!("patient={}", house.ana.id)).await[..2],
        ["note_read", "note_written"],
        "by the patient too; what a search for her finds is not yet itself"
    );
    assert!(!paul.get("/api/v1/audit").await.expect(200).json().to_string().contains("zqmark words"));
}

#[tokio::test]
async fn what_can_not_be_written_down_does_not_happen() {
    let house = TestHouse::open().await;
    let visit = house.visit(&house.ana, &house.lee, &[]).await;
    house.put_in_care_of(&house.ben, &house.lee).await;
    let mut lee = house.sign_in(&house.lee).await;
    house.tamper("revoke insert on curtain.audit_event from curtain_clinician").await;
    let note = format!("/api/v1/visits/{visit}/note");
    lee.put(&note, Some("\"0\""), json!({"text": "words"})).await.expect_problem(500, "internal");
    lee.get(&note).await.expect_problem(500, "internal");
    lee.post("/api/v1/visits", json!({"patient": house.ben.id})).await.expect_problem(500, "internal");
    assert_eq!(
        lee.get("/api/v1/visits").await.expect(200).json()["visits"].as_array().map(Vec::len),
        Some(1)
    );
    house
        .tamper(
            "grant insert (at, kind, outcome, actor, actor_role, session, subject, patient, visit, detail) \
             on curtain.audit_event to curtain_clinician",
        )
        .await;
    assert_eq!(lee.get(&note).await.expect(200).json()["version"], 0, "the note was not saved");
}

#[tokio::test]
async fn signing_in_and_failing_to_are_told() {
    let house = TestHouse::open().await;
    let mut stranger = house.browser();
    stranger
        .post("/api/v1/sign-in", json!({"email": house.lee.email, "password": "wrong"}))
        .await
        .expect_problem(401, "sign_in_failed");
    stranger
        .post("/api/v1/sign-in", json!({"email": "nobody@zqmark.test", "password": "wrong"}))
        .await
        .expect_problem(401, "sign_in_failed");
    stranger.post("/api/v1/sign-in", house.lee.password_form()).await.expect(200);
    let wrong = house.another_code(&house.lee);
    stranger.post("/api/v1/sign-in/code", json!({"code": wrong})).await.expect_problem(401, "code_wrong");
    let mut lee = house.sign_in(&house.lee).await;
    lee.post("/api/v1/sign-out", json!({})).await.expect(204);

    let mut paul = house.sign_in(&house.paul).await;
    assert_eq!(
        actions(&mut paul, &format!("person={}", house.lee.id)).await,
        ["session_ended", "session_started", "sign_in_succeeded", "code_wrong", "sign_in_failed"]
    );
    let failed = paul.get("/api/v1/audit?action=sign_in_failed").await.expect(200).json();
    let subjects: Vec<_> = failed["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|one| one["subject"]["person"].clone())
        .collect();
    assert_eq!(subjects, [Value::Null, json!(house.lee.id)], "an address that is nobody's is kept nowhere");
}

#[tokio::test]
async fn what_is_refused_is_told_with_the_route_and_the_id() {
    let house = TestHouse::open().await;
    let theirs = house.visit(&house.ben, &house.okafor, &[]).await;
    let mut ana = house.sign_in(&house.ana).await;
    ana.get(&format!("/api/v1/visits/{theirs}")).await.expect_problem(404, "not_found");
    ana.get("/api/v1/audit").await.expect_problem(403, "not_allowed");

    let mut paul = house.sign_in(&house.paul).await;
    let page = paul.get("/api/v1/audit?action=access_denied").await.expect(200).json();
    let told: Vec<_> = page["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|one| (one["actor"]["person"].clone(), one["detail"].clone(), one["visit"].clone()))
        .collect();
    let ana = json!(house.ana.id);
    assert_eq!(
        told,
        [(ana.clone(), json!("GET:/audit"), Value::Null), (ana, json!("GET:/visits/{id}"), json!(theirs))]
    );
}

#[tokio::test]
async fn whoever_reads_verifies_or_exports_is_in_the_log_themselves() {
    let house = TestHouse::open().await;
    let mut paul = house.sign_in(&house.paul).await;
    let mut iris = house.sign_in(&house.iris).await;
    paul.get(&format!("/api/v1/audit?patient={}", house.ana.id)).await.expect(200);
    paul.post("/api/v1/audit/verify", json!({})).await.expect(200);
    paul.get("/api/v1/audit/export").await.expect(200);
    let found = actions(&mut iris, &format!("person={}", house.paul.id)).await;
    assert_eq!(found[..3], ["audit_exported", "audit_verified", "audit_read"]);
    let read = newest(&mut iris, &format!("patient={}&action=audit_read", house.ana.id)).await;
    assert_eq!(read["actor"]["person"], json!(house.paul.id), "with what was searched for");
}

#[tokio::test]
async fn a_search_takes_known_words_only() {
    let house = TestHouse::open().await;
    let mut paul = house.sign_in(&house.paul).await;
    for wrong in ["action=drop", "outcome=maybe", "person=me", "sort=kind", "from=yesterday", "after=1"] {
        paul.get(&format!("/api/v1/audit?{wrong}")).await.expect_problem(400, "malformed");
    }
    let later = "from=2999-01-01T00:00:00Z";
    assert_eq!(actions(&mut paul, later).await, Vec::<String>::new());
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap_or_a_double() {
    let house = TestHouse::open().await;
    let mut paul = house.sign_in(&house.paul).await;
    house
        .tamper(
            "insert into curtain.audit_event (at, kind, outcome, detail) \
             select now(), 'policy_changed', 'success', n::text from generate_series(1, 250) n",
        )
        .await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = paul.get(&format!("/api/v1/audit?action=policy_changed{after}")).await.expect(200).json();
        seen.extend(page["events"].as_array().expect("events").iter().map(|one| one["detail"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 250);
}

#[tokio::test]
async fn both_exports_hold_every_event_and_no_name() {
    let house = TestHouse::open().await;
    let visit = house.visit(&house.ana, &house.lee, &[]).await;
    let mut lee = house.sign_in(&house.lee).await;
    lee.get(&format!("/api/v1/visits/{visit}/note")).await.expect(200);
    house.seal().await;
    let mut paul = house.sign_in(&house.paul).await;

    let lines = paul.get("/api/v1/audit/export?form=ndjson").await.expect(200);
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    let text = String::from_utf8(lines.body).expect("text");
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(events.iter().any(|one| one["action"] == "note_read" && one["number"].is_number()));
    assert!(!text.contains("Zqmark"), "ids only");

    let bundle = paul.get("/api/v1/audit/export?form=fhir&action=note_read").await.expect(200).json();
    assert_eq!((&bundle["resourceType"], &bundle["type"]), (&json!("Bundle"), &json!("collection")));
    let resource = &bundle["entry"][0]["resource"];
    for required in ["type", "recorded", "agent", "source"] {
        assert!(!resource[required].is_null(), "FHIR R4 requires {required}: {resource}");
    }
    assert_eq!((&resource["action"], &resource["outcome"]), (&json!("R"), &json!("0")));
    assert_eq!(resource["agent"][0]["who"]["identifier"]["value"], json!(house.lee.id));
}
