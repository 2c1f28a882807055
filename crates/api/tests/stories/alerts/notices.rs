//! Whoever's account changes is told by letter, once, together with the change or not at all (AU9, AU13).

use core::time::Duration;

use serde_json::json;

use super::{letters, opened, told};
use crate::support::{PASSWORD, TestHouse, code_of};

const CHANGE: &str = "/api/v1/account/password";
const NEW: &str = "four rivers meet below the mill";

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_is_told_and_a_failed_change_is_not() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.ana).await;
    let wrong = json!({"current": "not this one", "new": NEW});
    browser.post(CHANGE, wrong).await.expect_problem(401, "password_wrong");
    assert!(letters(&house).await.is_empty());
    browser.post(CHANGE, json!({"current": PASSWORD, "new": NEW})).await.expect(200);
    assert_eq!(letters(&house).await, [(house.ana.email.clone(), "Your password was changed".to_owned())]);
    let letter = opened(&house).await.pop().expect("a letter");
    assert!(
        letter.text.contains(&house.ana.name) && letter.text.contains("Zqmark Practice"),
        "{}",
        letter.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_can_not_be_told_does_not_happen() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.ana).await;
    house.tamper("revoke insert on curtain.mail from curtain_credentials").await;
    browser.post(CHANGE, json!({"current": PASSWORD, "new": NEW})).await.expect(500);
    house.browser().post("/api/v1/sign-in", house.ana.password_form()).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_factors_and_used_codes_are_told() {
    let house = TestHouse::open().await;
    let mut browser = house.sign_in(&house.lee).await;
    let new = browser.post("/api/v1/account/authenticator", json!({})).await.expect(200).json();
    let new = new["secret"].as_str().expect("a secret").to_owned();
    let first = json!({"code": code_of(&new, house.now())});
    browser.post("/api/v1/account/authenticator/confirm", first).await.expect(200);
    let codes = browser.post("/api/v1/account/recovery-codes", json!({})).await.expect(200).json();

    house.clock.advance(Duration::from_secs(30));
    let mut elsewhere = house.browser();
    elsewhere.post("/api/v1/sign-in", house.lee.password_form()).await.expect(200);
    let code = json!({"code": codes["recovery_codes"][4]});
    let again = elsewhere.post("/api/v1/sign-in/recovery-code", code).await.expect(200).json();
    let again = json!({"code": code_of(again["secret"].as_str().expect("a secret"), house.now())});
    elsewhere.post("/api/v1/sign-in/authenticator", again).await.expect(200);
    let subjects = [
        "A recovery code was used",
        "You have new recovery codes",
        "Your authenticator app was changed",
        "Your authenticator app was changed",
    ];
    assert_eq!(told(&house, &house.lee).await, subjects);
    let all = opened(&house).await;
    assert!(all.iter().any(|letter| letter.text.contains("9 are left")), "how many are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_in_a_new_browser_is_told_but_not_the_first_one_ever() {
    let house = TestHouse::open().await;
    let mut home = house.sign_in(&house.ana).await;
    assert!(letters(&house).await.is_empty(), "the first browser is no news");
    home.post("/api/v1/sign-out", json!({})).await.expect(204);
    house.clock.advance(Duration::from_secs(30));
    home.post("/api/v1/sign-in", house.ana.password_form()).await.expect(200);
    home.post("/api/v1/sign-in/code", json!({"code": house.code(&house.ana)})).await.expect(200);
    assert!(letters(&house).await.is_empty(), "a known browser is no news");
    house.sign_in(&house.ana).await;
    assert_eq!(told(&house, &house.ana).await, ["A new sign-in to your account"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_administrator_changes_is_told_once() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    let path = |what: &str| format!("/api/v1/people/{}/{what}", house.paul.id);
    iris.post(&path("role"), json!({"role": "administrator"})).await.expect(200);
    iris.post(&path("role"), json!({"role": "administrator"})).await.expect(200);
    iris.post(&path("suspend"), json!({})).await.expect(200);
    iris.post(&path("suspend"), json!({})).await.expect(200);
    iris.post(&path("reactivate"), json!({})).await.expect(200);
    iris.post(&path("reactivate"), json!({})).await.expect(200);
    let subjects =
        ["Your account was switched off", "Your account was switched on again", "Your role was changed"];
    assert_eq!(told(&house, &house.paul).await, subjects);
    let all = opened(&house).await;
    assert!(all.iter().any(|letter| letter.text.contains("You are now an administrator.")), "which role");
}
