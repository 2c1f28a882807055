//! Care teams: a clinician sees the patients they care for, and nobody else.

use serde_json::{Value, json};

use super::token_of;
use crate::support::{Answer, Browser, Person, TestHouse};

fn path(patient: &Person) -> String {
    format!("/api/v1/people/{}/care-team", patient.id)
}

/// Who is in the answer, and whether they see the patient now.
fn team(answer: &Answer) -> Vec<(String, String, bool)> {
    let text = |one: &Value, field: &str| one[field].as_str().expect("a word").to_owned();
    let members = answer.json()["clinicians"].as_array().expect("a list").clone();
    members
        .iter()
        .map(|one| (text(one, "person"), text(one, "how"), one["current"].as_bool().expect("yes or no")))
        .collect()
}

async fn patients(browser: &mut Browser) -> Vec<String> {
    let people = browser.get("/api/v1/patients").await.expect(200).json();
    let people = people["people"].as_array().expect("a list").clone();
    people.iter().map(|one| one["person"].as_str().expect("an id").to_owned()).collect()
}

/// What the log tells of somebody's care team, the newest first: who joined or left, and how.
async fn told(browser: &mut Browser, patient: &Person) -> Vec<(String, String)> {
    let found = browser
        .get(&format!("/api/v1/audit?action=care_team_changed&patient={}", patient.id))
        .await
        .expect(200)
        .json();
    let events = found["events"].as_array().expect("a list").clone();
    let text = |value: &Value| value.as_str().expect("a word").to_owned();
    events.iter().map(|one| (text(&one["subject"]["person"]), text(&one["detail"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_put_into_somebodys_care_can_be_seen_until_it_ends() {
    let house = TestHouse::open().await;
    let (mut iris, mut lee) = (house.sign_in(&house.iris).await, house.sign_in(&house.lee).await);
    assert!(patients(&mut lee).await.is_empty());
    let form = json!({"clinician": house.lee.id});
    for _ in 0..2 {
        let answer = iris.post(&path(&house.ana), form.clone()).await.expect(200);
        assert_eq!(team(&answer), [(house.lee.id.clone(), "by_hand".to_owned(), true)]);
    }
    assert_eq!(patients(&mut lee).await, [house.ana.id.as_str()]);
    lee.post("/api/v1/visits", json!({"patient": house.ana.id})).await.expect(201);
    let ended = iris.post(&format!("{}/end", path(&house.ana)), form.clone()).await.expect(200);
    assert_eq!(team(&ended), [(house.lee.id.clone(), "by_hand".to_owned(), false)], "it stays on record");
    assert!(patients(&mut lee).await.is_empty());
    let again = iris.post(&format!("{}/end", path(&house.ana)), form).await;
    again.expect_problem(409, "not_in_care_team");
    let lee_id = house.lee.id.clone();
    assert_eq!(
        told(&mut iris, &house.ana).await,
        [(lee_id.clone(), "ended".to_owned()), (lee_id, "added".to_owned())],
        "once each, however often it was asked for"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_patient_and_none_at_all_are_the_same_answer() {
    let house = TestHouse::open().await;
    let mut okafor = house.sign_in(&house.okafor).await;
    house.visit(&house.ana, &house.lee, &[]).await;
    let mut ask = async |patient: &str| {
        okafor.post("/api/v1/visits", json!({"patient": patient})).await.expect(422).indistinguishable()
    };
    let foreign = ask(&house.ana.id).await;
    assert_eq!(foreign, ask("01980000-0000-7000-8000-00000000dead").await);
    assert_eq!(foreign, ask(&house.iris.id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_in_a_visit_joins_the_care_team_and_the_log_says_so() {
    let house = TestHouse::open().await;
    let visit = house.visit(&house.ana, &house.lee, &[]).await;
    let (mut lee, mut okafor) = (house.sign_in(&house.lee).await, house.sign_in(&house.okafor).await);
    let mut iris = house.sign_in(&house.iris).await;
    let colleagues = format!("/api/v1/visits/{visit}/colleagues");
    for _ in 0..2 {
        lee.post(&colleagues, json!({"person": house.okafor.id})).await.expect(200);
    }
    assert_eq!(patients(&mut okafor).await, [house.ana.id.as_str()]);
    let told = told(&mut iris, &house.ana).await;
    assert_eq!(told, [(house.okafor.id.clone(), "added_by_visit".to_owned())]);
    okafor.post("/api/v1/visits", json!({"patient": house.ana.id})).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_care_ends_the_note_is_gone_even_for_its_author() {
    let house = TestHouse::open().await;
    let visit = house.visit(&house.ana, &house.lee, &[]).await;
    let theirs = house.visit(&house.ben, &house.okafor, &[]).await;
    let (mut iris, mut lee) = (house.sign_in(&house.iris).await, house.sign_in(&house.lee).await);
    let note = |visit: &str| format!("/api/v1/visits/{visit}/note");
    lee.put(&note(&visit), Some("\"0\""), json!({"text": "zqmark words"})).await.expect(200);
    let end = json!({"clinician": house.lee.id});
    iris.post(&format!("{}/end", path(&house.ana)), end.clone()).await.expect(200);
    let closed = lee.get(&note(&visit)).await.expect_problem(404, "not_found").indistinguishable();
    assert_eq!(closed, lee.get(&note(&theirs)).await.indistinguishable());
    for version in ["\"0\"", "\"1\""] {
        let refused = lee.put(&note(&visit), Some(version), json!({"text": "more"})).await;
        refused.expect_problem(404, "not_found");
    }
    lee.get(&format!("/api/v1/visits/{visit}")).await.expect(200);
    let frey = json!({"person": house.frey.id});
    lee.post(&format!("/api/v1/visits/{visit}/colleagues"), frey).await.expect_problem(422, "unprocessable");
    iris.post(&path(&house.ana), end).await.expect(200);
    assert_eq!(lee.get(&note(&visit)).await.expect(200).json()["text"], "zqmark words");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_is_now_or_later_never_before() {
    let house = TestHouse::open().await;
    house.put_in_care_of(&house.ana, &house.lee).await;
    let (mut iris, mut lee) = (house.sign_in(&house.iris).await, house.sign_in(&house.lee).await);
    let end = format!("{}/end", path(&house.ana));
    let until = |at: &str| json!({"clinician": house.lee.id, "until": at});
    iris.post(&end, until("2020-01-01T00:00:00Z")).await.expect_problem(422, "unprocessable");
    let answer = iris.post(&end, until("2099-01-01T00:00:00Z")).await.expect(200);
    assert_eq!(answer.json()["clinicians"][0]["until"], "2099-01-01T00:00:00Z");
    assert_eq!(patients(&mut lee).await, [house.ana.id.as_str()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_patient_has_a_care_team_and_only_a_clinician_is_in_one() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    for nobody in [&house.paul, &house.ben, &house.iris] {
        let refused = iris.post(&path(&house.ana), json!({"clinician": nobody.id})).await;
        refused.expect_problem(422, "unprocessable");
    }
    house.set_state(&house.quinn, "suspended").await;
    let suspended = json!({"clinician": house.quinn.id});
    iris.post(&path(&house.ana), suspended).await.expect_problem(422, "unprocessable");
    for none in [&house.lee, &house.paul] {
        iris.get(&path(none)).await.expect_problem(404, "not_found");
        let refused = iris.post(&path(none), json!({"clinician": house.lee.id})).await;
        refused.expect_problem(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_is_seen_by_those_named_in_the_invitation() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let form = |role: &str, clinicians: Value| json!({"name": "Cleo Zqmark", "email": "cleo@zqmark.test", "role": role, "clinicians": clinicians});
    let both = json!([house.lee.id, house.okafor.id]);
    iris.post("/api/v1/people", form("auditor", both.clone())).await.expect_problem(422, "unprocessable");
    let one_is_none = json!([house.lee.id, house.ana.id]);
    iris.post("/api/v1/people", form("patient", one_is_none)).await.expect_problem(422, "unprocessable");
    house.mark("cleo@zqmark.test");
    let invited = iris.post("/api/v1/people", form("patient", both)).await.expect(201);
    token_of(&house, &invited);
    let id = invited.json()["person"].as_str().expect("an id").to_owned();
    let seen = super::member(&mut iris, &id).await;
    assert_eq!(seen["clinicians"], 2);
    assert_eq!(super::member(&mut iris, &house.lee.id).await["clinicians"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_may_name_each_patients_clinician() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let lee = &house.lee.email;
    let csv = |who: &str| format!("name,email,role,clinician\nCleo,cleo@zqmark.test,patient,{who}\n");
    for (who, problem) in [(lee.as_str(), None), (&house.ana.email, Some("clinician"))] {
        let form = json!({"csv": csv(who)});
        let seen = iris.post("/api/v1/people/import/preview", form).await.expect(200).json();
        assert_eq!(seen["lines"][0]["problem"].as_str(), problem);
    }
    let done = iris.post("/api/v1/people/import", json!({"csv": csv(lee)})).await.expect(201).json();
    let person = &done["people"][0];
    let (_, token) = person["link"].as_str().and_then(|link| link.split_once('#')).expect("a link");
    house.mark(token);
    let patient = format!("/api/v1/people/{}/care-team", person["person"].as_str().expect("an id"));
    let answer = iris.get(&patient).await.expect(200);
    assert_eq!(team(&answer), [(house.lee.id.clone(), "by_hand".to_owned(), true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_in_a_care_team_keeps_the_role() {
    let house = TestHouse::open().await;
    house.put_in_care_of(&house.ana, &house.lee).await;
    let mut iris = house.sign_in(&house.iris).await;
    for person in [&house.ana, &house.lee] {
        let role = format!("/api/v1/people/{}/role", person.id);
        iris.post(&role, json!({"role": "auditor"})).await.expect_problem(409, "has_visits");
    }
}
