//! Who says who somebody is, as a cluster does for its workloads: tokens (JWT, RS256) and the keys to check them with.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    process::{Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::json;
use tempfile::TempDir;

/// The audience of its tokens.
pub const AUDIENCE: &str = "noctis";

/// An issuer of tokens, whose keys can be asked for as long as the test program runs.
pub struct Issuer {
    folder: TempDir,
    address: String,
}

impl Issuer {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        openssl(&folder, &["genrsa", "-out", "key.pem", "2048"], b"");
        let modulus = openssl(&folder, &["rsa", "-in", "key.pem", "-noout", "-modulus"], b"");
        let digits = String::from_utf8(modulus).unwrap().trim().trim_start_matches("Modulus=").to_owned();
        let modulus: Vec<u8> =
            (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect();
        let key =
            json!({"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256", "n": base64url(&modulus), "e": "AQAB"});
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let keys = json!({"keys": [key]}).to_string();
        std::thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                BufReader::new(&client).read_line(&mut String::new()).ok();
                let head =
                    format!("content-type: application/json\r\ncontent-length: {}\r\nconnection: close", keys.len());
                write!(client, "HTTP/1.1 200 OK\r\n{head}\r\n\r\n{keys}").ok();
            }
        });
        Self { folder, address }
    }

    /// Its name, which is also where its keys are.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A token for somebody, good for so many seconds from now.
    pub fn token(&self, subject: &str, seconds: u64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let head = json!({"alg": "RS256", "typ": "JWT", "kid": "1"});
        let claims = json!({"iss": self.address, "sub": subject, "aud": AUDIENCE, "iat": now, "exp": now + seconds});
        let signed = format!("{}.{}", base64url(head.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
        let signature = openssl(&self.folder, &["dgst", "-sha256", "-sign", "key.pem", "-binary"], signed.as_bytes());
        format!("{signed}.{}", base64url(&signature))
    }
}

fn openssl(folder: &TempDir, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("openssl is missing: run tests/setup.sh");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    output.stdout
}

/// RFC 4648 5, without padding.
fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for at in 0..=group.len() {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            write!(text, "{}", char::from(letter)).unwrap();
        }
    }
    text
}
