//! Visits: made by a clinician, seen by the people in them, and by nobody else.

use serde_json::{Value, json};

use crate::support::TestHouse;

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_made_now_is_seen_by_both() {
    let house = TestHouse::open().await;
    house.put_in_care_of(&house.ana, &house.lee).await;
    let mut lee = house.sign_in(&house.lee).await;
    let made =
        lee.post("/api/v1/visits", json!({"patient": house.ana.id, "scheduled_at": null})).await.expect(201);
    let made = made.json();
    assert_eq!(made["state"], "scheduled");
    assert_eq!(made["my_role"], "clinician");
    assert_eq!(made["patient"], json!({"person": house.ana.id, "name": house.ana.name}));
    assert_eq!(made["clinician"], json!({"person": house.lee.id, "name": house.lee.name}));
    assert_eq!(made["colleagues"], json!([]));
    assert_eq!((&made["ended_at"], &made["waiting_since"]), (&Value::Null, &Value::Null));

    let mut ana = house.sign_in(&house.ana).await;
    let seen = ana.get(&format!("/api/v1/visits/{}", made["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(seen["my_role"], "patient");
    assert_eq!(seen["id"], made["id"]);
    assert_eq!(ana.get("/api/v1/visits").await.expect(200).json(), json!({"visits": [seen]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_can_be_made_for_later_but_not_for_yesterday() {
    let house = TestHouse::open().await;
    house.put_in_care_of(&house.ben, &house.lee).await;
    let mut lee = house.sign_in(&house.lee).await;
    let later = json!({"patient": house.ben.id, "scheduled_at": "2099-03-01T10:30:00+01:00"});
    let made = lee.post("/api/v1/visits", later).await.expect(201).json();
    assert_eq!(made["scheduled_at"], "2099-03-01T09:30:00Z");
    let past = json!({"patient": house.ben.id, "scheduled_at": "2001-03-01T10:30:00Z"});
    lee.post("/api/v1/visits", past).await.expect_problem(422, "unprocessable");
}

#[tokio::test(flavor = "multi_thread")]
async fn visits_come_in_the_order_they_are_due() {
    let house = TestHouse::open().await;
    house.put_in_care_of(&house.ana, &house.lee).await;
    let mut lee = house.sign_in(&house.lee).await;
    for hour in ["12", "09", "15"] {
        let form = json!({"patient": house.ana.id, "scheduled_at": format!("2099-01-01T{hour}:00:00Z")});
        lee.post("/api/v1/visits", form).await.expect(201);
    }
    let visits = lee.get("/api/v1/visits").await.expect(200).json();
    let hours: Vec<_> =
        visits["visits"].as_array().unwrap().iter().map(|visit| &visit["scheduled_at"]).collect();
    assert_eq!(hours, ["2099-01-01T09:00:00Z", "2099-01-01T12:00:00Z", "2099-01-01T15:00:00Z"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_patient_can_be_the_patient() {
    let house = TestHouse::open().await;
    let mut lee = house.sign_in(&house.lee).await;
    let nobody = "01980000-0000-7000-8000-00000000dead";
    // Somebody of the staff, a patient in another's care, nobody at all: one answer.
    for person in [house.okafor.id.as_str(), house.iris.id.as_str(), house.ana.id.as_str(), nobody] {
        let answer = lee.post("/api/v1/visits", json!({"patient": person})).await;
        answer.expect_problem(422, "unprocessable");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_is_added_once_however_often_asked() {
    let house = TestHouse::open().await;
    let visit = house.visit(&house.ana, &house.lee, &[]).await;
    let path = format!("/api/v1/visits/{visit}/colleagues");
    let mut lee = house.sign_in(&house.lee).await;
    for _ in 0..2 {
        let seen = lee.post(&path, json!({"person": house.okafor.id})).await.expect(200).json();
        assert_eq!(seen["colleagues"], json!([{"person": house.okafor.id, "name": house.okafor.name}]));
    }
    let mut okafor = house.sign_in(&house.okafor).await;
    let seen = okafor.get(&format!("/api/v1/visits/{visit}")).await.expect(200).json();
    assert_eq!(seen["my_role"], "co_host");
    okafor.post(&path, json!({"person": house.frey.id})).await.expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_clinician_can_be_a_colleague() {
    let house = TestHouse::open().await;
    let visit = house.visit(&house.ana, &house.lee, &[]).await;
    let path = format!("/api/v1/visits/{visit}/colleagues");
    let mut lee = house.sign_in(&house.lee).await;
    for person in [&house.ben, &house.iris, &house.ana] {
        lee.post(&path, json!({"person": person.id})).await.expect_problem(422, "unprocessable");
    }
    let seen = lee.get(&format!("/api/v1/visits/{visit}")).await.expect(200).json();
    assert_eq!(seen["colleagues"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinician_chooses_among_patients_and_colleagues() {
    let house = TestHouse::open().await;
    house.put_in_care_of(&house.ana, &house.lee).await;
    let mut lee = house.sign_in(&house.lee).await;
    let people = lee.get("/api/v1/patients").await.expect(200).json();
    let ids: Vec<_> = people["people"].as_array().unwrap().iter().map(|one| &one["person"]).collect();
    assert_eq!(ids, [&json!(house.ana.id)], "not Ben, whom another cares for, nor anybody of the staff");
    let people = lee.get("/api/v1/colleagues").await.expect(200).json();
    let ids: Vec<_> = people["people"].as_array().unwrap().iter().map(|one| &one["person"]).collect();
    assert!(ids.contains(&&json!(house.okafor.id)));
    assert!(!ids.contains(&&json!(house.lee.id)), "nobody is their own colleague");
    assert!(!ids.contains(&&json!(house.paul.id)));
}
