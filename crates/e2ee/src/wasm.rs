//! The surface for the browser's worker, typed in `curtain_e2ee.d.ts`. Only bytes, numbers and plain objects cross.
//!
//! Compiled for WebAssembly alone: the error paths of the bindings panic when run natively.

use curtain_domain::{AccountId, Timestamp, VisitId, VisitRole};
use js_sys::{Array, Object, Reflect, Uint8Array};
use uuid::Uuid;
use wasm_bindgen::prelude::*;

use crate::{self as e2ee, Certificate, Context, Event, NewLeaf, Payload, Refusal, SafetyState, SafetyView};

type Thrown = JsValue;

impl From<Refusal> for JsValue {
    fn from(refusal: Refusal) -> Self {
        Self::from_str(refusal.code())
    }
}

/// One tab in one visit.
#[wasm_bindgen]
pub struct Member(e2ee::Member);

#[wasm_bindgen]
impl Member {
    /// See [`e2ee::Member::new`].
    #[wasm_bindgen(constructor)]
    pub fn new(
        visit: &[u8],
        person: &[u8],
        role: u8,
        name: &str,
        device_pub: &[u8],
        now_ms: f64,
        not_after_ms: f64,
    ) -> Result<Member, Thrown> {
        let leaf = NewLeaf {
            visit: VisitId::from_uuid(uuid(visit)?),
            person: person_of(person)?,
            role: VisitRole::from_code(role).ok_or(Refusal::BadArgument)?,
            name,
            device_pub: fixed(device_pub)?,
            not_after: time(not_after_ms)?,
        };
        Ok(Self(e2ee::Member::new(&leaf, time(now_ms)?)?))
    }

    /// See [`e2ee::Member::trust`]. No bytes are no key.
    pub fn trust(&mut self, practice_key: &[u8], revoked: &[u8]) -> Result<(), Thrown> {
        let (revoked, rest) = revoked.as_chunks::<32>();
        if !rest.is_empty() {
            return Err(Refusal::BadArgument.into());
        }
        let key = if practice_key.is_empty() { None } else { Some(fixed(practice_key)?) };
        Ok(self.0.trust(key, revoked)?)
    }

    /// See [`e2ee::Member::certify`].
    pub fn certify(&mut self, certificate: &[u8], now_ms: f64) -> Result<(), Thrown> {
        Ok(self.0.certify(&Certificate::decode(certificate)?, time(now_ms)?)?)
    }

    /// See [`e2ee::Member::leaf_to_sign`].
    pub fn leaf_to_sign(&self) -> Result<Vec<u8>, Thrown> {
        Ok(self.0.leaf_to_sign()?)
    }

    /// See [`e2ee::Member::key_package`].
    pub fn key_package(&mut self, leaf_sig: &[u8], now_ms: f64) -> Result<Vec<u8>, Thrown> {
        Ok(self.0.key_package(fixed(leaf_sig)?, time(now_ms)?)?)
    }

    /// See [`e2ee::Member::policy_to_sign`].
    pub fn policy_to_sign(&mut self, now_ms: f64, cohosts: &[u8]) -> Result<Vec<u8>, Thrown> {
        let (people, rest) = cohosts.as_chunks::<16>();
        if !rest.is_empty() {
            return Err(Refusal::BadArgument.into());
        }
        let people: Vec<_> =
            people.iter().map(|bytes| AccountId::from_uuid(Uuid::from_bytes(*bytes))).collect();
        Ok(self.0.policy_to_sign(time(now_ms)?, &people)?)
    }

    /// See [`e2ee::Member::create_group`].
    pub fn create_group(&mut self, policy_sig: &[u8], now_ms: f64) -> Result<Vec<u8>, Thrown> {
        Ok(self.0.create_group(fixed(policy_sig)?, time(now_ms)?)?)
    }

    /// See [`e2ee::Member::remember`].
    pub fn remember(&mut self, person: &[u8], device_pub: &[u8]) -> Result<(), Thrown> {
        self.0.remember(person_of(person)?, fixed(device_pub)?);
        Ok(())
    }

    /// See [`e2ee::Member::expect_return`].
    pub fn expect_return(&mut self) {
        self.0.expect_return();
    }

    /// See [`e2ee::Member::join`].
    pub fn join(&mut self, welcome: &[u8], now_ms: f64) -> Result<Object, Thrown> {
        Ok(roster(&self.0.join(welcome, time(now_ms)?)?))
    }

    /// See [`e2ee::Member::inspect_key_package`].
    pub fn inspect_key_package(&self, key_package: &[u8], now_ms: f64) -> Result<Object, Thrown> {
        let newcomer = self.0.inspect_key_package(key_package, time(now_ms)?)?;
        Ok(object(&[
            ("person", bytes(newcomer.person.as_bytes())),
            ("role", newcomer.role.code().into()),
            ("name", newcomer.name.into()),
            ("device_pub", bytes(&newcomer.device_pub)),
            ("known_device", newcomer.known_device.into()),
            ("changed_device", newcomer.changed_device.into()),
        ]))
    }

    /// See [`e2ee::Member::admit`].
    pub fn admit(&mut self, key_package: &[u8], now_ms: f64) -> Result<Object, Thrown> {
        Ok(commit(&self.0.admit(key_package, time(now_ms)?)?))
    }

    /// See [`e2ee::Member::readmit`].
    pub fn readmit(&mut self, key_package: &[u8], now_ms: f64) -> Result<Object, Thrown> {
        Ok(commit(&self.0.readmit(key_package, time(now_ms)?)?))
    }

    /// See [`e2ee::Member::remove`].
    pub fn remove(&mut self, person: &[u8], now_ms: f64) -> Result<Object, Thrown> {
        Ok(commit(&self.0.remove(person_of(person)?, time(now_ms)?)?))
    }

    /// See [`e2ee::Member::update`].
    pub fn update(&mut self, now_ms: f64) -> Result<Object, Thrown> {
        Ok(commit(&self.0.update(time(now_ms)?)?))
    }

    /// See [`e2ee::Member::clear_pending`].
    pub fn clear_pending(&mut self) {
        self.0.clear_pending();
    }

    /// See [`e2ee::Member::has_pending`].
    pub fn has_pending(&self) -> bool {
        self.0.has_pending()
    }

    /// See [`e2ee::Member::report_gone`].
    pub fn report_gone(&self, person: &[u8], now_ms: f64) -> Result<(), Thrown> {
        self.0.report_gone(person_of(person)?, time(now_ms)?);
        Ok(())
    }

    /// See [`e2ee::Member::report_back`].
    pub fn report_back(&self, person: &[u8]) -> Result<(), Thrown> {
        self.0.report_back(person_of(person)?);
        Ok(())
    }

    /// See [`e2ee::Member::process`].
    pub fn process(&mut self, message: &[u8], now_ms: f64) -> Result<Object, Thrown> {
        Ok(event(self.0.process(message, time(now_ms)?)?))
    }

    /// See [`e2ee::Member::seal`].
    pub fn seal(&mut self, payload: &[u8]) -> Result<Vec<u8>, Thrown> {
        let payload = Payload::decode(payload)?.ok_or(Refusal::BadPayload)?;
        Ok(self.0.seal(&payload)?)
    }

    /// See [`e2ee::Member::roster`].
    pub fn roster(&self) -> Result<Object, Thrown> {
        Ok(roster(&self.0.roster()?))
    }

    /// See [`e2ee::Member::frame_key`].
    pub fn frame_key(&self, leaf: u8, context: u8) -> Result<Object, Thrown> {
        let frame_key = self.0.frame_key(leaf, Context::from_code(context)?)?;
        Ok(object(&[
            ("kid", frame_key.kid.into()),
            ("key", bytes(&*frame_key.key)),
            ("salt", bytes(&*frame_key.salt)),
        ]))
    }

    /// See [`e2ee::Member::safety_code`]; with what it wants said.
    pub fn safety_code(&mut self, now_ms: f64) -> Result<Object, Thrown> {
        let view = self.0.safety_code(time(now_ms)?)?;
        let send = self.0.safety_messages()?;
        Ok(safety_code(&view, &send))
    }

    /// See [`e2ee::Member::try_safety_code_again`].
    pub fn try_safety_code_again(&mut self, now_ms: f64) -> Result<(), Thrown> {
        Ok(self.0.try_safety_code_again(time(now_ms)?)?)
    }

    /// See [`e2ee::Member::continue_safety_rounds`].
    pub fn continue_safety_rounds(&mut self, started: u8) {
        self.0.continue_safety_rounds(started);
    }

    /// See [`e2ee::Member::long_code`].
    pub fn long_code(&self) -> Result<String, Thrown> {
        Ok(self.0.long_code()?)
    }

    /// See [`e2ee::Member::authenticator`].
    pub fn authenticator(&self) -> Result<Vec<u8>, Thrown> {
        Ok(self.0.authenticator()?)
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Refusal> {
    bytes.try_into().map_err(|_| Refusal::BadArgument)
}

fn uuid(bytes: &[u8]) -> Result<Uuid, Refusal> {
    fixed(bytes).map(Uuid::from_bytes)
}

fn person_of(bytes: &[u8]) -> Result<AccountId, Refusal> {
    uuid(bytes).map(AccountId::from_uuid)
}

/// JavaScript's numbers are exact up to 2^53, which as milliseconds is the year 287396.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
fn time(millis: f64) -> Result<Timestamp, Refusal> {
    let whole = (0.0..9_007_199_254_740_992.0).contains(&millis);
    whole.then(|| Timestamp::from_unix_millis(millis as u64)).ok_or(Refusal::BadArgument)
}

/// An epoch as JavaScript counts: a visit would need 285 000 years of a commit each millisecond to pass 2^53.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn number(value: u64) -> JsValue {
    JsValue::from_f64(value as f64)
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

fn object(fields: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        // Setting a field of a fresh plain object can't fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object
}

fn commit(output: &e2ee::CommitOutput) -> Object {
    let mut fields = vec![("commit", bytes(&output.commit))];
    if !output.welcome.is_empty() {
        fields.push(("welcome", bytes(&output.welcome)));
    }
    object(&fields)
}

fn people(people: &[AccountId]) -> JsValue {
    people.iter().map(|person| bytes(person.as_bytes())).collect::<Array>().into()
}

fn roster(roster: &e2ee::Roster) -> Object {
    let members = roster.members.iter().map(|member| {
        object(&[
            ("leaf", member.leaf.into()),
            ("person", bytes(member.person.as_bytes())),
            ("role", member.role.code().into()),
            ("name", JsValue::from_str(&member.name)),
            ("device_pub", bytes(&member.device_pub)),
            ("certified", member.certified.into()),
            ("leaf_key", bytes(&member.leaf_key)),
            ("admits", member.admits.into()),
            ("me", member.me.into()),
            ("changed_device", member.changed_device.into()),
        ])
    });
    object(&[
        ("epoch", number(roster.epoch)),
        ("group_id", bytes(&roster.group_id)),
        ("clinician", bytes(roster.clinician.as_bytes())),
        ("members", members.collect::<Array>().into()),
    ])
}

fn event(event: Event) -> Object {
    match event {
        Event::Commit { committer, own, cause, added, removed, roster: now } => object(&[
            ("kind", "commit".into()),
            ("epoch", number(now.epoch)),
            ("committer", committer.into()),
            ("own", own.into()),
            ("cause", cause.as_str().into()),
            ("added", people(&added)),
            ("removed", people(&removed)),
            ("roster", roster(&now).into()),
        ]),
        Event::Application { epoch, leaf, person, payload } => object(&[
            ("kind", "application".into()),
            ("epoch", number(epoch)),
            ("leaf", leaf.into()),
            ("person", bytes(person.as_bytes())),
            ("payload", bytes(&payload.encode())),
        ]),
        Event::SafetyCode => object(&[("kind", "safety_code".into())]),
        Event::Removed { epoch } => object(&[("kind", "removed".into()), ("epoch", number(epoch))]),
        Event::Ignored => object(&[("kind", "ignored".into())]),
    }
}

fn safety_code(view: &SafetyView, send: &[Vec<u8>]) -> Object {
    let nobody = Vec::new();
    let (state, code, why, who) = match &view.state {
        SafetyState::Alone => ("alone", "", "", &nobody),
        SafetyState::Checking => ("checking", "", "", &nobody),
        SafetyState::Code(code) => ("code", code.as_str(), "", &nobody),
        SafetyState::Failed { why, who } => ("failed", "", why.as_str(), who),
    };
    object(&[
        ("state", state.into()),
        ("code", code.into()),
        ("why", why.into()),
        ("who", people(who)),
        ("asked_by", people(&view.asked_by)),
        ("can_try_again", view.can_try_again.into()),
        ("due_ms", view.due.map_or(JsValue::NULL, |at| number(at.unix_millis()))),
        ("since", number(view.since)),
        ("round", view.round.into()),
        ("started", view.started.into()),
        ("send", send.iter().map(|message| bytes(message)).collect::<Array>().into()),
    ])
}
