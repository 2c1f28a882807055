//! Letters on real Postgres, sent in a real SMTP conversation to a small server on this machine, which can be told to be
//! moody.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use curtain_auth::{NewSession, SystemEntropy};
use curtain_domain::{Clock as _, ManualClock, PersonName, Role, SystemClock};
use curtain_storage::testing::TestDatabase;
use curtain_storage::{MailKind, NewMail, Store};
use curtain_vault::{KeyEncryptionKey, MailContext, Vault};
use lettre::message::Mailbox;

use super::{MailArgs, MailSettings, Sender, Smtp};

/// What the small mail server heard, and how it answers the end of a letter.
struct Post {
    heard: Arc<Mutex<Vec<String>>>,
    mood: Arc<Mutex<&'static str>>,
    url: String,
}

impl Post {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let (heard, mood) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new("250 kept")));
        let (to, how) = (Arc::clone(&heard), Arc::clone(&mood));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // A client that hangs up is none of this server's business.
                let _ = converse(stream, &to, &how);
            }
        });
        Self { heard, mood, url }
    }

    fn answer(&self, mood: &'static str) {
        *self.mood.lock().expect("unpoisoned") = mood;
    }

    fn letters(&self) -> Vec<String> {
        self.heard.lock().expect("unpoisoned").clone()
    }
}

fn converse(
    stream: TcpStream,
    heard: &Mutex<Vec<String>>,
    mood: &Mutex<&'static str>,
) -> std::io::Result<()> {
    let mut say = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    writeln!(say, "220 small.example ESMTP\r")?;
    while let Some(line) = lines.next().transpose()? {
        let verb = line.get(..4).unwrap_or_default().to_uppercase();
        match verb.as_str() {
            "EHLO" => writeln!(say, "250-small.example\r\n250 8BITMIME\r")?,
            "DATA" => {
                writeln!(say, "354 go on\r")?;
                let mut letter = String::new();
                for line in lines.by_ref() {
                    match line? {
                        end if end == "." => break,
                        line => letter.push_str(&(line + "\n")),
                    }
                }
                let mood = *mood.lock().expect("unpoisoned");
                if mood.starts_with("250") {
                    heard.lock().expect("unpoisoned").push(letter);
                }
                writeln!(say, "{mood}\r")?;
            }
            "QUIT" => return writeln!(say, "221 bye\r"),
            _ => writeln!(say, "250 fine\r")?,
        }
    }
    Ok(())
}

/// A practice with a queue of letters.
struct Scene {
    store: Store,
    vault: Arc<Vault>,
    clock: Arc<ManualClock>,
    entropy: Arc<SystemEntropy>,
    database: TestDatabase,
}

const ADMIN: &str = "00000000-0000-8000-8000-000000000001";
const LINK: &str = "https://visits.test/activate#zqsecretlink";

impl Scene {
    async fn new() -> Self {
        let database = TestDatabase::fresh().await;
        let entropy = Arc::new(SystemEntropy::new());
        let practice = curtain_storage::demo::PRACTICE_ID;
        let vault = Vault::new(KeyEncryptionKey::demo().expect("a key"), practice, entropy.clone());
        database
            .arrange(&format!(
                "insert into curtain.practice values ('{practice}', 'P', now()); \
                 insert into curtain.account (id, email, name, role, state, created_at) \
                 values ('{ADMIN}', 'iris@x.example', 'Iris', 'administrator', 'active', now())"
            ))
            .await;
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        Self { store: database.store().await, vault: Arc::new(vault), clock, entropy, database }
    }

    /// Queues a letter as an administrator does.
    async fn queue(&self, to: &str) {
        let now = self.clock.now();
        let session = NewSession::issue(Role::Administrator, now, &*self.entropy);
        let mut scope = self.store.credentials().begin().await.expect("a scope");
        let admin = ADMIN.parse().expect("an id");
        assert!(scope.create_session(admin, &session).await.expect("a session"));
        let stored = scope.session(session.token.hash()).await.expect("an answer").expect("the session");
        scope.commit().await.expect("committed");
        let admin = stored.admit(&session.token, now).expect("live").into_administrator().expect("Iris");
        let mut scope = self.store.admin(&admin).begin().await.expect("a scope");
        scope.post().queue(&self.letter(to), now).await.expect("queued");
        scope.commit().await.expect("committed");
    }

    fn letter(&self, to: &str) -> NewMail {
        let now = self.clock.now();
        let id = curtain_domain::SessionId::new(now, &*self.entropy);
        let key = self.vault.new_data_key(None, now).expect("a key");
        let name = PersonName::parse("Ana").expect("a name");
        let message = serde_json::json!({"to": to, "subject": "Hello", "text": format!("Hello {}\n{LINK}\n.\nend", name.as_str()),
            "html": "<p>Hello</p>"});
        let context = MailContext::new(key.clone(), id);
        let sealed = self.vault.seal_mail(&context, message.to_string().as_bytes()).expect("sealed");
        NewMail { id, kind: MailKind::Invitation, key, sealed }
    }

    fn sender(&self, post: &Post) -> Sender {
        let from: Mailbox = "Practice <visits@practice.example>".parse().expect("an address");
        let smtp = Smtp::new(MailSettings { url: post.url.clone(), from }).expect("a mail server");
        Sender { store: self.store.clone(), vault: Arc::clone(&self.vault), clock: self.clock.clone(), smtp }
    }

    async fn states(&self) -> Vec<String> {
        self.database.texts("select state || coalesce(' ' || failure, '') from curtain.mail order by 1").await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_arrives_once_and_its_words_are_forgotten() {
    let (scene, post) = (Scene::new().await, Post::open());
    scene.queue("ana@x.example").await;
    let leaks = "select id::text from curtain.mail where position('zqsecretlink'::bytea in sealed_message) > 0 \
        or position('ana@'::bytea in sealed_message) > 0";
    assert!(scene.database.texts(leaks).await.is_empty(), "a letter lies open in the database");
    let sender = scene.sender(&post);
    sender.send_due().await.expect("sent");
    sender.send_due().await.expect("nothing to send");
    let letters = post.letters();
    assert_eq!(letters.len(), 1);
    assert!(
        letters[0].contains("To: ana@x.example") && letters[0].contains("zqsecretlink"),
        "{}",
        letters[0]
    );
    assert!(letters[0].contains("multipart/alternative") && letters[0].contains("<p>Hello</p>"));
    assert_eq!(scene.states().await, ["sent"]);
    let words = "select id::text from curtain.mail where length(sealed_message) + length(wrapped) > 0";
    assert!(scene.database.texts(words).await.is_empty(), "a sent letter is still kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_says_later_is_asked_again_later() {
    let (scene, post) = (Scene::new().await, Post::open());
    scene.queue("ana@x.example").await;
    let sender = scene.sender(&post);
    post.answer("451 not now");
    sender.send_due().await.expect("tried");
    assert_eq!(scene.states().await, ["queued not_now"]);
    post.answer("250 kept");
    sender.send_due().await.expect("not yet due");
    assert!(post.letters().is_empty());
    scene.clock.advance(Duration::from_secs(61));
    sender.send_due().await.expect("due");
    assert_eq!((post.letters().len(), scene.states().await), (1, vec!["sent".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_letter_is_given_up_and_no_mail_server_is_no_end() {
    let (scene, post) = (Scene::new().await, Post::open());
    scene.queue("nobody@x.example").await;
    post.answer("550 no such mailbox");
    scene.sender(&post).send_due().await.expect("tried");
    assert_eq!(scene.states().await, ["refused refused"]);
    scene.queue("ana@x.example").await;
    let nowhere = Post { url: "smtp://127.0.0.1:1".to_owned(), ..Post::open() };
    scene.sender(&nowhere).send_due().await.expect("tried");
    assert_eq!(scene.states().await, ["queued unreachable", "refused refused"]);
    scene.clock.advance(Duration::from_hours(73));
    scene.sender(&nowhere).send_due().await.expect("too old");
    assert_eq!(scene.states().await, ["expired unreachable", "refused refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_senders_send_each_letter_once() {
    let (scene, post) = (Scene::new().await, Post::open());
    for number in 0..30 {
        scene.queue(&format!("person{number}@x.example")).await;
    }
    let (one, two) = (scene.sender(&post), scene.sender(&post));
    let (first, second) = tokio::join!(one.send_due(), two.send_due());
    first.and(second).expect("sent");
    let mut to: Vec<String> = post
        .letters()
        .iter()
        .filter_map(|letter| letter.lines().find(|line| line.starts_with("To: ")).map(str::to_owned))
        .collect();
    to.sort();
    to.dedup();
    assert_eq!((post.letters().len(), to.len()), (30, 30));
}

#[test]
fn letters_leave_this_machine_only_sealed() {
    let check = |url: &str| {
        let mut wrong = Vec::new();
        let args = MailArgs { smtp_url: Some(url.to_owned()), mail_from: Some("a@b.example".to_owned()) };
        args.check(&mut wrong);
        wrong
    };
    for good in [
        "smtps://user:pass@mail.example.org",
        "smtp://mail.example.org:587?tls=required",
        "smtp://localhost:25",
        "smtp://127.0.0.1:2525",
    ] {
        assert!(check(good).is_empty(), "{good}: {:?}", check(good));
    }
    for bad in [
        "smtp://mail.example.org",
        "smtp://localhost@mail.example.org",
        "mail.example.org",
        "smtp://x?tls=opportunistic",
    ] {
        assert!(!check(bad).is_empty(), "{bad}");
        assert!(
            check(bad).iter().all(|told| !told.contains("mail.example.org") || told.contains("like")),
            "{bad}"
        );
    }
}
