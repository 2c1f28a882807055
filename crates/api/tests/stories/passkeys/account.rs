//! One's own passkeys: made and removed with a fresh factor, seen by their owner alone, never the last thing but a password.

use core::time::Duration;

use serde_json::{Value, json};

use super::{ADD, ASK_FOR_NEW, FACTORS, ME, add, bytes, device, device_of, made, sign_in, told};
use crate::support::{Browser, TestHouse};

async fn passkeys(browser: &mut Browser) -> Vec<Value> {
    browser.get(FACTORS).await.expect(200).json()["passkeys"].as_array().expect("a list").clone()
}

fn remove(passkey: &Value) -> String {
    format!("{ADD}/{}/remove", passkey["id"].as_str().expect("an id"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_passkey_has_a_name_and_ends_every_other_session() {
    let house = TestHouse::open().await;
    let mut elsewhere = house.sign_in(&house.ana).await;
    let mut browser = house.sign_in(&house.ana).await;
    let mut stolen = browser.clone();
    let mut device = device();
    add(&mut browser, &mut device, "  Ana's phone ").await.expect(200);
    browser.get(ME).await.expect(200);
    elsewhere.get(ME).await.expect_problem(401, "signed_out");
    stolen.get(ME).await.expect_problem(401, "signed_out");
    let own = passkeys(&mut browser).await;
    assert_eq!(
        (own.len(), &own[0]["name"], &own[0]["last_used_at"]),
        (1, &json!("Ana's phone"), &Value::Null)
    );
    sign_in(&mut browser, &mut device).await.expect(200);
    assert!(passkeys(&mut browser).await[0]["last_used_at"].is_string());
    let event = told(&house, "factor_enrolled").await;
    assert_eq!((&event["subject"]["person"], &event["detail"]), (&json!(house.ana.id), &json!("passkey")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_made_and_removed_only_with_a_fresh_factor() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.ana).await;
    let options = browser.post(ASK_FOR_NEW, json!({})).await.expect(200).json();
    let form = made(&mut device(), &options, "Phone");
    house.clock.advance(Duration::from_mins(5));
    let any = format!("{ADD}/{}/remove", house.ana.id);
    for (path, body) in [(ASK_FOR_NEW, json!({})), (ADD, form), (any.as_str(), json!({}))] {
        browser.post(path, body).await.expect_problem(403, "fresh_factor_needed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_for_a_passkey_is_answered_once_by_who_was_asked() {
    let house = TestHouse::open().await;
    let mut elsewhere = house.sign_in(&house.ana).await;
    let mut ben = house.sign_in(&house.ben).await;
    let mut browser = house.sign_in(&house.ana).await;
    let options = browser.post(ASK_FOR_NEW, json!({})).await.expect(200).json();
    assert_eq!(bytes(&options, "user_handle").len(), 16);
    assert_eq!(options["user_name"], json!(house.ana.email));
    let (mut device, mut other) = (device(), device());
    let form = made(&mut device, &options, "Phone");
    // Neither another session of hers nor somebody else, even with the question's cookie.
    for thief in [&mut elsewhere, &mut ben] {
        thief.cookies.insert("__Host-passkey".to_owned(), browser.cookies["__Host-passkey"].clone());
        thief.post(ADD, form.clone()).await.expect_problem(409, "start_again");
    }
    browser.post(ADD, form.clone()).await.expect(200);
    browser.post(ADD, form).await.expect_problem(409, "start_again");
    // An answer to the question before the last one.
    let first = browser.post(ASK_FOR_NEW, json!({})).await.expect(200).json();
    browser.post(ASK_FOR_NEW, json!({})).await.expect(200);
    let late = made(&mut other, &first, "Key");
    browser.post(ADD, late).await.expect_problem(401, "passkey_refused");
    assert_eq!(passkeys(&mut browser).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_verifies_nobody_makes_no_passkey() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.ana).await;
    let mut careless = device();
    careless.verifies = false;
    add(&mut browser, &mut careless, "Key").await.expect_problem(401, "passkey_refused");
    let mut elsewhere = device();
    "https://evil.test".clone_into(&mut elsewhere.origin);
    add(&mut browser, &mut elsewhere, "Key").await.expect_problem(401, "passkey_refused");
    assert!(passkeys(&mut browser).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_can_be_read_and_a_bad_one_costs_no_question() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.ana).await;
    let options = browser.post(ASK_FOR_NEW, json!({})).await.expect(200).json();
    let mut device = device();
    for bad in ["", "   ", "x\u{202E}y", &"x".repeat(61)] {
        let form = made(&mut device, &options, bad);
        browser.post(ADD, form).await.expect_problem(422, "unprocessable");
    }
    let form = made(&mut device, &options, &"ä".repeat(60));
    browser.post(ADD, form).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_passkey_is_nobody_elses_and_ten_are_enough() {
    let house = TestHouse::open().await;
    let mut device_of_ana = device_of(&house, &house.ana).await;
    let mut ben = house.sign_in(&house.ben).await;
    add(&mut ben, &mut device_of_ana, "Hers").await.expect_problem(401, "passkey_refused");
    for number in 0..10 {
        add(&mut ben, &mut device(), &format!("Key {number}")).await.expect(200);
    }
    let options = ben.post(ASK_FOR_NEW, json!({})).await;
    options.expect_problem(409, "too_many_passkeys");
    let first = passkeys(&mut ben).await[0].clone();
    ben.post(&remove(&first), json!({})).await.expect(200);
    let options = ben.post(ASK_FOR_NEW, json!({})).await.expect(200).json();
    assert_eq!(options["excluded"].as_array().map(Vec::len), Some(9), "devices that have one make no other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_passkey_signs_nobody_in_and_the_authenticator_stays() {
    let house = TestHouse::open().await;
    let mut device = device_of(&house, &house.ana).await;
    let mut elsewhere = house.browser();
    sign_in(&mut elsewhere, &mut device).await.expect(200);
    let mut ben = house.sign_in(&house.ben).await;
    let mut browser = house.sign_in(&house.ana).await;
    let passkey = passkeys(&mut browser).await[0].clone();
    let foreign = ben.post(&remove(&passkey), json!({})).await.expect_problem(404, "not_found");
    sign_in(&mut elsewhere, &mut device).await.expect(200);

    browser.post(&remove(&passkey), json!({})).await.expect(200);
    elsewhere.get(ME).await.expect_problem(401, "signed_out");
    let gone = browser.post(&remove(&passkey), json!({})).await.expect_problem(404, "not_found");
    assert_eq!(foreign.indistinguishable(), gone.indistinguishable());
    sign_in(&mut house.browser(), &mut device).await.expect_problem(401, "passkey_refused");
    assert!(passkeys(&mut browser).await.is_empty());
    let event = told(&house, "factor_removed").await;
    assert_eq!((&event["subject"]["person"], &event["detail"]), (&json!(house.ana.id), &json!("passkey")));
    // Never back to a password alone: the second step is still asked for.
    let mut again = house.browser();
    let next = again.post("/api/v1/sign-in", house.ana.password_form()).await.expect(200).json();
    assert_eq!(next["next"], "code");
    again.get(ME).await.expect_problem(401, "signed_out");
}
