//! Handing out a role of staff, and taking the log away, need a factor shown in the last five minutes (SE4).

use core::time::Duration;

use serde_json::json;

use super::{cleo, token_of};
use crate::support::{Browser, TestHouse};

/// Six minutes later, at the same screen.
async fn some_time_later(house: &TestHouse, browser: &mut Browser) {
    house.clock.advance(Duration::from_mins(6));
    browser.get("/api/v1/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_screen_invites_patients_and_no_staff() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    some_time_later(&house, &mut iris).await;
    house.mark("cleo@zqmark.test");
    for role in ["clinician", "administrator", "auditor"] {
        iris.post("/api/v1/people", cleo(role)).await.expect_problem(403, "fresh_factor_needed");
    }
    let code = json!({"code": house.code(&house.iris)});
    let invited = iris.post("/api/v1/people", cleo("patient")).await.expect(201);
    token_of(&house, &invited);
    iris.post("/api/v1/session/fresh-factor", code).await.expect(200);
    let staff = json!({"name": "Dan Zqmark", "email": "dan@zqmark.test", "role": "clinician"});
    house.mark("dan@zqmark.test");
    token_of(&house, &iris.post("/api/v1/people", staff).await.expect(201));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_staff_is_made_anew_with_a_fresh_factor() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    some_time_later(&house, &mut iris).await;
    let link = |id: &str| format!("/api/v1/people/{id}/link");
    let staff = iris.post(&link(&house.invited_too.id), json!({})).await;
    staff.expect_problem(403, "fresh_factor_needed");
    token_of(&house, &iris.post(&link(&house.invited.id), json!({})).await.expect(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_staff_in_it_needs_a_fresh_factor_and_invites_nobody_without() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    some_time_later(&house, &mut iris).await;
    let csv = "name,email,role\nCleo,cleo@zqmark.test,patient\nDan,dan@zqmark.test,auditor\n";
    iris.post("/api/v1/people/import/preview", json!({"csv": csv})).await.expect(200);
    iris.post("/api/v1/people/import", json!({"csv": csv})).await.expect_problem(403, "fresh_factor_needed");
    let patients = "name,email,role\nCleo,cleo@zqmark.test,patient\n";
    let done = iris.post("/api/v1/people/import", json!({"csv": patients})).await.expect(201).json();
    let link = done["people"][0]["link"].as_str().expect("a link");
    house.mark(link.split_once('#').expect("a fragment").1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_at_an_open_screen_and_not_taken_away() {
    let house = TestHouse::open().await;
    for person in [&house.iris, &house.paul] {
        let mut reader = house.sign_in(person).await;
        reader.get("/api/v1/session/fresh-factor").await.expect(204);
        some_time_later(&house, &mut reader).await;
        reader.get("/api/v1/audit").await.expect(200);
        for form in ["ndjson", "fhir"] {
            let export = reader.get(&format!("/api/v1/audit/export?form={form}")).await;
            export.expect_problem(403, "fresh_factor_needed");
        }
        reader.get("/api/v1/session/fresh-factor").await.expect_problem(403, "fresh_factor_needed");
        let code = json!({"code": house.code(person)});
        reader.post("/api/v1/session/fresh-factor", code).await.expect(200);
        reader.get("/api/v1/session/fresh-factor").await.expect(204);
        let exports = reader.get("/api/v1/audit?action=audit_exported").await.expect(200).json();
        assert_eq!(exports["events"].as_array().map(Vec::len), Some(0), "what was refused was not exported");
        // The auditor's turn begins with an empty list: the administrator takes nothing away.
        if person.id == house.paul.id {
            reader.get("/api/v1/audit/export").await.expect(200);
        }
    }
}
