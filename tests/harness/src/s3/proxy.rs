//! What stands between an archive and a real S3 server to make it fail: one request a connection, each with the fault that
//! the test's rule gives it.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The connection ends before the server is asked.
    Close,
    /// An answer without asking the server.
    Answer(u16, &'static str),
    /// The server is asked after this time only.
    Delay(Duration),
    /// The connection ends after this many bytes of the answer's body.
    CutAnswer(usize),
    /// After this many bytes of the answer's body nothing comes any more.
    StallAnswer(usize),
    /// The connection ends after this many bytes of the request's body.
    CutRequest(usize),
    /// The server does what it was asked to, but nobody hears of it.
    LoseAnswer,
    /// A byte of the request's body arrives as another.
    CorruptRequest,
    /// The answer says that it is the whole object.
    HideRange,
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its method, in upper case.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// In lower case.
    pub head: String,
}

impl Asked {
    /// A whole object, or a part of an upload.
    pub fn is_put(&self) -> bool {
        self.method == "PUT"
    }

    /// Bytes of an object.
    pub fn is_get(&self) -> bool {
        self.method == "GET"
    }

    /// The end of an upload in parts.
    pub fn completes(&self) -> bool {
        self.method == "POST" && self.target.contains("uploadId=")
    }

    /// A header field, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.split(':').next() == Some(name))?;
        line.split_once(':').map(|(_, value)| value.trim())
    }
}

type Rule = Box<dyn FnMut(&Asked) -> Fault + Send>;

#[derive(Default)]
struct Seen {
    asked: Mutex<Vec<Asked>>,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

/// A proxy on a free port. It ends with the value, and with it the connections through it.
pub struct Proxy {
    address: String,
    rule: Arc<Mutex<Rule>>,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Proxy {
    /// Starts one before the server at an address such as `127.0.0.1:8333`.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let rule: Arc<Mutex<Rule>> = Arc::new(Mutex::new(Box::new(|_| Fault::None)));
        let seen = Arc::new(Seen::default());
        let (rules, sees) = (Arc::clone(&rule), Arc::clone(&seen));
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (server, rules, sees) = (server.clone(), Arc::clone(&rules), Arc::clone(&sees));
                connections.spawn(async move {
                    let open = sees.open.fetch_add(1, Ordering::SeqCst) + 1;
                    sees.most_open.fetch_max(open, Ordering::SeqCst);
                    serve(client, &server, &rules, &sees).await;
                    sees.open.fetch_sub(1, Ordering::SeqCst);
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, rule, seen, accepting }
    }

    /// Where it is, as the address of an S3 server.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What happens to requests from now on.
    pub fn rule(&self, rule: impl FnMut(&Asked) -> Fault + Send + 'static) {
        *self.rule.lock().unwrap() = Box::new(rule);
    }

    /// The next requests that `which` means fail like this, one after the other; all else works.
    pub fn fail(&self, which: fn(&Asked) -> bool, faults: impl IntoIterator<Item = Fault>) {
        let mut faults = faults.into_iter().collect::<Vec<_>>().into_iter();
        self.rule(move |asked| if which(asked) { faults.next().unwrap_or(Fault::None) } else { Fault::None });
    }

    /// From now on nothing goes wrong.
    pub fn heal(&self) {
        self.rule(|_| Fault::None);
    }

    /// What was asked since the last call.
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.seen.asked.lock().unwrap())
    }

    /// How many connections there are.
    pub fn open(&self) -> usize {
        self.seen.open.load(Ordering::SeqCst)
    }

    /// How many there ever were at a time.
    pub fn most_open(&self) -> usize {
        self.seen.most_open.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut client: TcpStream, server: &str, rule: &Mutex<Rule>, seen: &Seen) -> Option<()> {
    let (head, mut body) = read_head(&mut client).await?;
    let mut words = head.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let asked = Asked { method, target, head: head.to_lowercase() };
    let length: usize = asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let fault = (rule.lock().unwrap())(&asked);
    seen.asked.lock().unwrap().push(asked);

    let wanted = if let Fault::CutRequest(bytes) = fault { bytes.min(length) } else { length };
    read_up_to(&mut client, &mut body, wanted).await?;
    match fault {
        Fault::Close => return None,
        Fault::Answer(status, code) => return answer(&mut client, status, code).await,
        Fault::Delay(time) => tokio::time::sleep(time).await,
        Fault::CorruptRequest => *body.get_mut(length / 2)? ^= 1,
        _ => {}
    }
    let mut upstream = TcpStream::connect(server).await.ok()?;
    let head: String = lines(&head).map(|line| format!("{line}\r\n")).collect();
    upstream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).await.ok()?;
    upstream.write_all(&body).await.ok()?;
    if matches!(fault, Fault::CutRequest(_)) {
        return None;
    }
    relay(&mut upstream, &mut client, fault).await
}

async fn relay(upstream: &mut TcpStream, client: &mut TcpStream, fault: Fault) -> Option<()> {
    let (head, mut body) = read_head(upstream).await?;
    let hidden = |line: &&str| fault != Fault::HideRange || !line.to_lowercase().starts_with("content-range:");
    let mut head: String = lines(&head).filter(hidden).map(|line| format!("{line}\r\n")).collect();
    if fault == Fault::HideRange {
        head = head.replacen(" 206 ", " 200 ", 1);
    }
    let most = match fault {
        Fault::LoseAnswer => {
            upstream.read_to_end(&mut body).await.ok()?;
            return None;
        }
        Fault::CutAnswer(most) | Fault::StallAnswer(most) => most,
        _ => usize::MAX,
    };
    client.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).await.ok()?;
    let mut sent = 0;
    loop {
        let count = body.len().min(most - sent);
        client.write_all(&body[..count]).await.ok()?;
        sent += count;
        if sent == most {
            break;
        }
        body.resize(64 << 10, 0);
        let count = upstream.read(&mut body).await.ok()?;
        if count == 0 {
            return Some(());
        }
        body.truncate(count);
    }
    if matches!(fault, Fault::StallAnswer(_)) {
        // Until the client has had enough.
        client.read_u8().await.ok()?;
    }
    None
}

async fn answer(client: &mut TcpStream, status: u16, code: &str) -> Option<()> {
    let body = match code {
        "" => "<html>no</html>".to_owned(),
        code => format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>"),
    };
    let head = format!("HTTP/1.1 {status} No\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    client.write_all(format!("{head}{body}").as_bytes()).await.ok()
}

fn lines(head: &str) -> impl Iterator<Item = &str> {
    head.lines().filter(|line| !line.is_empty())
}

/// The head of a message, and what of its body came with it.
async fn read_head(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let body = bytes.split_off(end + 4);
            return Some((String::from_utf8(bytes).ok()?, body));
        }
        let mut more = [0; 4096];
        let count = stream.read(&mut more).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&more[..count]);
    }
}

async fn read_up_to(stream: &mut TcpStream, body: &mut Vec<u8>, length: usize) -> Option<()> {
    let have = body.len();
    body.resize(length, 0);
    if have < length {
        stream.read_exact(&mut body[have..]).await.ok()?;
    }
    Some(())
}
