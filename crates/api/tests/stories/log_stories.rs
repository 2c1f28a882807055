//! A whole day in the house, and afterwards no name, address, password, code, token or clinical word in the log (CR3,
//! T29). Every other story checks the same for its own people when its house closes.

use core::time::Duration;

use serde_json::json;

use crate::support::{TestHouse, code_of, log_tap};

#[tokio::test(flavor = "multi_thread")]
async fn a_day_leaves_no_word_in_the_log() {
    let house = TestHouse::open().await;
    let visit = house.visit(&house.ana, &house.lee, &[]).await;
    let note = format!("/api/v1/visits/{visit}/note");
    house.mark("Zqbronchitis");
    house.mark("zq wrong guess");

    let wrong = json!({"email": house.ana.email, "password": "zq wrong guess"});
    house.browser().post("/api/v1/sign-in", wrong).await.expect(401);
    let code = house.code(&house.ana);
    let mut ana = house.sign_in(&house.ana).await;
    ana.get("/api/v1/visits").await.expect(200);
    ana.get(&note).await.expect(403);

    let mut lee = house.sign_in(&house.lee).await;
    lee.get("/api/v1/patients").await.expect(200);
    lee.post(&format!("/api/v1/visits/{visit}/colleagues"), json!({"person": house.frey.id}))
        .await
        .expect(200);
    lee.put(&note, Some("\"0\""), json!({"text": "Zqbronchitis, mild."})).await.expect(200);
    lee.put(&note, Some("\"0\""), json!({"text": "Zqbronchitis, late."})).await.expect(412);
    lee.put(&note, Some("\"1\""), json!({"text": 7, "more": "Zqbronchitis"})).await.expect(400);
    lee.get(&note).await.expect(200);
    house.tamper_with_note(&visit).await;
    lee.get(&note).await.expect(500);
    assert!(log_tap::count("a request failed by a fault of ours") > 0, "the tap hears what is logged");

    let token = house.activation_link(&house.invited).await;
    let mut ines = house.browser();
    let chosen = json!({"token": token, "password": "zq wrong guess at a mill"});
    let secret = ines.post("/api/v1/activation/password", chosen).await.expect(200).json();
    let secret = secret["secret"].as_str().unwrap();
    house.mark(secret);
    let confirm = json!({"token": token, "code": code_of(secret, house.now())});
    let codes = ines.post("/api/v1/activation/confirm", confirm).await.expect(200).json();
    for code in codes["recovery_codes"].as_array().unwrap() {
        house.mark(code.as_str().unwrap());
    }
    house.mark(&format!("\"{code}\""));
    house.clock.advance(Duration::from_hours(13));
    ana.get("/api/v1/me").await.expect(401);
    lee.get("/api/v1/me").await.expect(401);
}
