//! A counter in one static program, in an image that holds nothing else.
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, thread};

static COUNT: AtomicU64 = AtomicU64::new(0);

fn answer(path: &str, body: &str) -> (u16, String) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    match path {
        "/health" => (200, "fine".into()),
        "/count" => (200, COUNT.fetch_add(1, Ordering::SeqCst).to_string()),
        "/threads" => {
            let all: Vec<_> = (0..4).map(|n| thread::spawn(move || n * n)).collect();
            (200, all.into_iter().map(|one| one.join().unwrap()).sum::<i32>().to_string())
        }
        "/words" => {
            let mut words: HashMap<&str, usize> = HashMap::new();
            for word in body.split_whitespace() {
                *words.entry(word).or_default() += 1;
            }
            let mut words: Vec<_> = words.into_iter().collect();
            words.sort();
            (200, format!("{words:?}"))
        }
        "/host" => match ("localhost", 80).to_socket_addrs() {
            Ok(mut found) => (200, found.next().map(|one| one.ip().to_string()).unwrap_or_default()),
            Err(error) => (500, error.to_string()),
        },
        "/file" => match fs::write("/data/kept", body).and_then(|_| fs::read_to_string("/data/kept")) {
            Ok(text) => (200, text),
            Err(error) => (500, error.to_string()),
        },
        "/panic" => match thread::spawn(|| panic!("broken on purpose")).join() {
            Ok(()) => (200, "calm".into()),
            Err(_) => (500, "a thread panicked".into()),
        },
        "/page" => match fs::read_to_string(format!("/data/pages/{query}.txt")) {
            Ok(text) => (200, text),
            Err(_) => (404, fs::read_to_string("/data/pages/missing.txt").unwrap_or_default()),
        },
        _ => (404, "nothing here".into()),
    }
}

fn serve(stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or("/").to_string();
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (status, text) = answer(&path, &String::from_utf8_lossy(&body));
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len())
}

fn main() -> std::io::Result<()> {
    if env::args().nth(1).as_deref() == Some("--version") {
        println!("counter 1.0");
        return Ok(());
    }
    for stream in TcpListener::bind("0.0.0.0:7000")?.incoming().flatten() {
        thread::spawn(move || serve(stream));
    }
    Ok(())
}
