//! Administrators and the people of their practice: inviting, changing, suspending, and never too much.

mod access_reset;
mod care_team;
mod role_grants;

use serde_json::{Value, json};

use crate::support::{Answer, Browser, PASSWORD, TestHouse, code_of};

const GOOD: &str = "zqmark: seven geese over ice";

/// A new person's own address and name.
fn cleo(role: &str) -> Value {
    json!({"name": "Cleo Zqmark", "email": "cleo@zqmark.test", "role": role})
}

/// The token of a link that was answered; no log may hold it.
fn token_of(house: &TestHouse, answer: &Answer) -> String {
    let link = answer.json()["link"].as_str().expect("a link").to_owned();
    let (address, token) = link.split_once('#').expect("a fragment");
    assert!(address.ends_with("/activate"), "{address}");
    house.mark(token);
    token.to_owned()
}

/// Sets an account up with a link, to the end. Gives the authenticator's secret.
async fn activate(house: &TestHouse, browser: &mut Browser, token: &str, password: &str) -> String {
    house.mark(password);
    let form = json!({"token": token, "password": password});
    let secret = browser.post("/api/v1/activation/password", form).await.expect(200).json()["secret"]
        .as_str()
        .expect("a secret")
        .to_owned();
    house.mark(&secret);
    let form = json!({"token": token, "code": code_of(&secret, house.now())});
    browser.post("/api/v1/activation/confirm", form).await.expect(200);
    secret
}

async fn member(browser: &mut Browser, id: &str) -> Value {
    let people = browser.get("/api/v1/people").await.expect(200).json();
    let found = people["people"].as_array().expect("a list").iter().find(|one| one["person"] == id).cloned();
    found.expect("the person is in the list")
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_invited_becomes_somebody_who_signs_in() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    house.mark("cleo@zqmark.test");
    let invited = iris.post("/api/v1/people", cleo("patient")).await.expect(201);
    let (token, id) = (token_of(&house, &invited), invited.json()["person"].as_str().unwrap().to_owned());
    let before = member(&mut iris, &id).await;
    assert_eq!((&before["state"], &before["second_factor"]), (&json!("invited"), &Value::Null));
    let mut browser = house.browser();
    let secret = activate(&house, &mut browser, &token, GOOD).await;
    let after = member(&mut iris, &id).await;
    assert_eq!((&after["state"], &after["second_factor"]), (&json!("active"), &json!("authenticator")));
    house.clock.advance(core::time::Duration::from_secs(30));
    browser.post("/api/v1/sign-in", json!({"email": "cleo@zqmark.test", "password": GOOD})).await.expect(200);
    let code = code_of(&secret, house.now());
    let me = browser.post("/api/v1/sign-in/code", json!({"code": code})).await.expect(200).json();
    assert_eq!((&me["person"], &me["role"]), (&json!(id), &json!("patient")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_sent_again_ends_the_one_before() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let invited = iris.post("/api/v1/people", cleo("auditor")).await.expect(201);
    let id = invited.json()["person"].as_str().unwrap().to_owned();
    let first = token_of(&house, &invited);
    let again = iris.post(&format!("/api/v1/people/{id}/link"), json!({})).await.expect(200);
    let second = token_of(&house, &again);
    let mut browser = house.browser();
    browser.post("/api/v1/activation", json!({"token": first})).await.expect_problem(404, "link_invalid");
    browser.post("/api/v1/activation", json!({"token": second})).await.expect(200);
    let active = format!("/api/v1/people/{}/link", house.ana.id);
    iris.post(&active, json!({})).await.expect_problem(409, "not_invited");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_belongs_to_one_account() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let taken = json!({"name": "Another", "email": house.ana.email.to_uppercase(), "role": "patient"});
    iris.post("/api/v1/people", taken).await.expect_problem(409, "email_taken");
    for (field, value) in [("name", "  "), ("email", "nowhere")] {
        let mut form = cleo("patient");
        form[field] = json!(value);
        iris.post("/api/v1/people", form).await.expect_problem(422, "unprocessable");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn suspension_ends_every_session_and_signing_in() {
    let house = TestHouse::open().await;
    let (mut iris, mut ana) = (house.sign_in(&house.iris).await, house.sign_in(&house.ana).await);
    let path = |what: &str| format!("/api/v1/people/{}/{what}", house.ana.id);
    let suspended = iris.post(&path("suspend"), json!({})).await.expect(200).json();
    assert_eq!((&suspended["state"], &suspended["open_sessions"]), (&json!("suspended"), &json!(0)));
    ana.get("/api/v1/me").await.expect_problem(401, "signed_out");
    ana.post("/api/v1/sign-in", house.ana.password_form()).await.expect_problem(401, "sign_in_failed");
    let back = iris.post(&path("reactivate"), json!({})).await.expect(200).json();
    assert_eq!((&back["state"], &back["second_factor"]), (&json!("active"), &json!("authenticator")));
    ana.get("/api/v1/me").await.expect_problem(401, "signed_out");
    house.sign_in(&house.ana).await.get("/api/v1/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_person_suspended_has_no_link_and_comes_back_invited() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let invited = iris.post("/api/v1/people", cleo("clinician")).await.expect(201);
    let (token, id) = (token_of(&house, &invited), invited.json()["person"].as_str().unwrap().to_owned());
    iris.post(&format!("/api/v1/people/{id}/suspend"), json!({})).await.expect(200);
    let mut browser = house.browser();
    browser.post("/api/v1/activation", json!({"token": token})).await.expect_problem(404, "link_invalid");
    let back = iris.post(&format!("/api/v1/people/{id}/reactivate"), json!({})).await.expect(200).json();
    assert_eq!(back["state"], "invited");
    browser.post("/api/v1/activation", json!({"token": token})).await.expect_problem(404, "link_invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_role_is_another_session() {
    let house = TestHouse::open().await;
    let (mut iris, mut paul) = (house.sign_in(&house.iris).await, house.sign_in(&house.paul).await);
    let path = format!("/api/v1/people/{}/role", house.paul.id);
    let changed = iris.post(&path, json!({"role": "administrator"})).await.expect(200).json();
    assert_eq!(changed["role"], "administrator");
    paul.get("/api/v1/me").await.expect_problem(401, "signed_out");
    house.sign_in(&house.paul).await.get("/api/v1/people").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_visits_keeps_the_role_they_had_in_them() {
    let house = TestHouse::open().await;
    house.visit(&house.ana, &house.lee, &[]).await;
    let mut iris = house.sign_in(&house.iris).await;
    for person in [&house.ana, &house.lee] {
        let path = format!("/api/v1/people/{}/role", person.id);
        iris.post(&path, json!({"role": "auditor"})).await.expect_problem(409, "has_visits");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_their_own_account() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    for (what, body) in [
        ("role", json!({"role": "auditor"})),
        ("suspend", json!({})),
        ("reactivate", json!({})),
        ("end-sessions", json!({})),
        ("reset-second-factor", json!({"identity_check": "in_person"})),
    ] {
        let path = format!("/api/v1/people/{}/{what}", house.iris.id);
        iris.post(&path, body).await.expect_problem(409, "own_account");
    }
    iris.get("/api/v1/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_sessions_lets_the_person_sign_in_again() {
    let house = TestHouse::open().await;
    let (mut iris, mut lee) = (house.sign_in(&house.iris).await, house.sign_in(&house.lee).await);
    let path = format!("/api/v1/people/{}/end-sessions", house.lee.id);
    assert_eq!(iris.post(&path, json!({})).await.expect(200).json()["open_sessions"], 0);
    lee.get("/api/v1/me").await.expect_problem(401, "signed_out");
    house.sign_in(&house.lee).await.get("/api/v1/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_factor_is_set_up_anew_with_the_password_that_stands() {
    let house = TestHouse::open().await;
    let (mut iris, mut ben) = (house.sign_in(&house.iris).await, house.sign_in(&house.ben).await);
    let path = format!("/api/v1/people/{}/reset-second-factor", house.ben.id);
    iris.post(&path, json!({"identity_check": "by feeling"})).await.expect_problem(422, "unprocessable");
    let reset = iris.post(&path, json!({"identity_check": "in_person"})).await.expect(200);
    let token = token_of(&house, &reset);
    ben.get("/api/v1/me").await.expect_problem(401, "signed_out");
    ben.post("/api/v1/sign-in", house.ben.password_form()).await.expect_problem(401, "sign_in_failed");
    let seen = member(&mut iris, &house.ben.id).await;
    assert_eq!((&seen["state"], &seen["second_factor"]), (&json!("factor_pending"), &Value::Null));
    iris.post(&path, json!({"identity_check": "in_person"})).await.expect_problem(409, "no_second_factor");

    // The link alone, and with it a password of the thief's choosing, opens nothing; nor does the old authenticator.
    let opened = ben.post("/api/v1/activation", json!({"token": token})).await.expect(200).json();
    assert_eq!(opened["step"], "known_password");
    house.mark(GOOD);
    ben.post("/api/v1/activation/password", json!({"token": token, "password": GOOD}))
        .await
        .expect_problem(401, "password_wrong");
    let old = json!({"token": token, "code": house.code(&house.ben)});
    ben.post("/api/v1/activation/confirm", old).await.expect_problem(404, "link_invalid");

    let secret = activate(&house, &mut ben, &token, PASSWORD).await;
    house.clock.advance(core::time::Duration::from_secs(30));
    ben.post("/api/v1/sign-in", house.ben.password_form()).await.expect(200);
    let old_code = json!({"code": house.code(&house.ben)});
    ben.post("/api/v1/sign-in/code", old_code).await.expect_problem(401, "code_wrong");
    ben.post("/api/v1/sign-in/code", json!({"code": code_of(&secret, house.now())})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_the_password_behind_a_reset_link_soon_has_to_wait() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let path = format!("/api/v1/people/{}/reset-second-factor", house.ben.id);
    let reset = iris.post(&path, json!({"identity_check": "called_back"})).await.expect(200);
    let (token, mut thief) = (token_of(&house, &reset), house.browser());
    let mut refusals = Vec::new();
    for guess in 0..20 {
        let form = json!({"token": token, "password": format!("not the right one {guess}")});
        refusals.push(thief.post("/api/v1/activation/password", form).await.status.as_u16());
    }
    assert!(refusals.contains(&429), "{refusals:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_looked_at_first_and_then_invites_all_or_nobody() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let bad = format!("name,email,role\nCleo,cleo@zqmark.test,patient\nAna,{},patient\n", house.ana.email);
    let seen = iris.post("/api/v1/people/import/preview", json!({"csv": bad})).await.expect(200).json();
    assert_eq!((&seen["bad"], &seen["lines"][1]["line"]), (&json!(1), &json!(3)));
    assert_eq!(seen["lines"][1]["problem"], "has_account");
    iris.post("/api/v1/people/import", json!({"csv": bad})).await.expect_problem(422, "unprocessable");
    let count = |answer: Value| answer["people"].as_array().map(Vec::len);
    let before = count(iris.get("/api/v1/people").await.json());
    let good = "name,email,role\n\"Zq, Cleo\",cleo@zqmark.test,patient\nDan,dan@zqmark.test,auditor\n";
    let done = iris.post("/api/v1/people/import", json!({"csv": good})).await.expect(201).json();
    for person in done["people"].as_array().unwrap() {
        let (_, token) = person["link"].as_str().unwrap().split_once('#').unwrap();
        house.mark(token);
        house.browser().post("/api/v1/activation", json!({"token": token})).await.expect(200);
    }
    assert_eq!(count(iris.get("/api/v1/people").await.json()), before.map(|number| number + 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_table_is_refused() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let long = format!("name,email,role\n{}", "a,b@c,patient\n".repeat(501));
    for text in ["", "name,email\nAna,a@b", "name,email,role\n", &long] {
        let refused = iris.post("/api/v1/people/import/preview", json!({"csv": text})).await;
        refused.expect_problem(422, "unprocessable");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_that_is_no_demo_has_no_outbox() {
    let house = TestHouse::open().await;
    house.browser().get("/api/v1/outbox").await.expect_problem(404, "not_found");
    house.sign_in(&house.iris).await.get("/api/v1/outbox").await.expect_problem(404, "not_found");
}
