//! A store whose answers are nonsense.

use crate::fixture;
use anyhow::{Context, Result};
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use upload::{NewObject, ObjectStoreSink, Sink, Timeouts, vars};

/// A client never waits longer for nonsense that has no end.
const PATIENCE: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    answer: Duration::from_secs(5),
    total: Duration::from_secs(10),
};

struct FuzzClient {
    store: ObjectStoreSink,
    /// The next answer, for the thread that serves. A further request gets none.
    answer: Arc<Mutex<Option<Vec<u8>>>>,
}

thread_local! {
    static CLIENT: RefCell<Option<FuzzClient>> = const { RefCell::new(None) };
}

fn connect_client() -> Result<FuzzClient> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let answer: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
    let next = Arc::clone(&answer);
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            // A client that has gone needs no answer.
            let _ = answer_request(&socket, &next);
            let _ = socket.shutdown(Shutdown::Both);
        }
    });
    let find = fixture::find_in([
        (vars::BUCKET, "lab".to_owned()),
        (vars::ACCESS_KEY, "a".to_owned()),
        (vars::SECRET_KEY, "b".to_owned()),
        (vars::REGION, "us-east-1".to_owned()),
        (vars::ENDPOINT, format!("http://{address}")),
    ]);
    let store = fixture::open_sink(&find, Path::new("/nowhere"), PATIENCE)?;
    Ok(FuzzClient { store, answer })
}

/// Sends the store a request; its whole answer is `input`. The first byte chooses the request.
pub(super) fn ask_store(input: &[u8]) {
    CLIENT.with_borrow_mut(|kept| {
        // A new one at first, and after every panic.
        let Some(client) = kept.take().or_else(|| connect_client().ok()) else {
            return;
        };
        let (what, answer) = input.split_first().unwrap_or((&0, &[]));
        *lock(&client.answer) = Some(answer.to_vec());
        let key = "raw/v1/a";
        match what % 4 {
            0 => drop(client.store.head(key)),
            1 => drop(client.store.get(key)),
            2 => drop(client.store.list("raw/v1", 10)),
            _ => drop(
                client
                    .store
                    .put_new(&NewObject::new(key, b"some bytes".to_vec())),
            ),
        }
        *kept = Some(client);
    });
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads one request and sends the next answer.
fn answer_request(mut socket: &TcpStream, next: &Mutex<Option<Vec<u8>>>) -> std::io::Result<()> {
    socket.set_read_timeout(Some(PATIENCE.answer))?;
    let mut from = BufReader::new(socket);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = n.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut from.take(length), &mut std::io::sink())?;
    let answer = lock(next).take();
    socket.write_all(&answer.unwrap_or_default())
}

/// Good answers to each of the questions.
pub(super) fn make_seeds() -> Result<Vec<Vec<u8>>> {
    let with = |what: u8, head: &str, body: &str| -> Vec<u8> {
        let mut out = vec![what];
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
        out
    };
    let date =
        "Date: Mon, 21 Sep 2026 14:00:00 GMT\r\nLast-Modified: Mon, 21 Sep 2026 14:00:00 GMT\r\n";
    let ok = format!("HTTP/1.1 200 OK\r\n{date}ETag: \"5eb63bbbe01eeed093cb22bb8f5acdc3\"\r\n");
    let mut all = Vec::new();
    all.push(with(
        0,
        &format!("{ok}x-amz-meta-sha256: {}\r\n", "ab".repeat(32)),
        "",
    ));
    all.push(with(1, &ok, "some bytes"));
    all.push(with(3, &ok, ""));
    all.push(with(
        2,
        &format!("{ok}Content-Type: application/xml\r\n"),
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>lab</Name>\
         <Prefix>raw/v1/</Prefix><KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>\
         <Contents><Key>raw/v1/a</Key><LastModified>2026-09-21T14:00:00.000Z</LastModified>\
         <ETag>&quot;5eb63bbbe01eeed093cb22bb8f5acdc3&quot;</ETag><Size>10</Size></Contents></ListBucketResult>",
    ));
    for (status, code) in [
        (301, "PermanentRedirect"),
        (400, "AuthorizationHeaderMalformed"),
        (403, "RequestTimeTooSkewed"),
        (404, "NoSuchKey"),
        (412, "PreconditionFailed"),
    ] {
        let body = format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message><Region>eu-west-3</Region></Error>"
        );
        for what in 0..4 {
            all.push(with(
                what,
                &format!("HTTP/1.1 {status} No\r\n{date}Retry-After: 3\r\nx-amz-bucket-region: eu-west-3\r\n"),
                &body,
            ));
        }
    }
    all.push(with(
        1,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n",
        "<html>log in</html>",
    ));
    let chunked = b"\x01HTTP/1.1 200 OK\r\nETag: \"a\"\r\nLast-Modified: Mon, 21 Sep 2026 14:00:00 GMT\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n0\r\n\r\n";
    all.push(chunked.to_vec());
    all.first().context("no seeds")?;
    Ok(all)
}
