//! SIGKILL keeps the page cache, so that a missing sync would go unnoticed there. Here the system calls are watched: for
//! every answer, the log file was written, then synced, and only then did the answer leave.

use std::path::Path;
use std::process::Command;

use hefu_proto::v1::submission_service_client::SubmissionServiceClient;
use hefu_proto::{convert, v1};
use hefu_tests::child::{Hefud, program};
use hefu_tests::load::correctors;
use hefu_tests::server::{config, seed};
use hefu_tests::world::World;
use hefud::server::open_journal;

const SUBMISSIONS: usize = 40;

/// One system call that returned, in order.
#[derive(Debug, PartialEq)]
enum Call {
    LogWrite(String),
    LogSync,
    SocketWrite(String),
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_leaves_after_its_sync() {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("SKIPPED every_answer_leaves_after_its_sync: strace is not installed");
        return;
    }
    let (trace, hashes) = traced(&[]).await;
    assert_eq!(check(&trace, &hashes), Ok(()));
    // The same test finds out when syncing is switched off.
    let (trace, hashes) = traced(&["--unsafe-no-sync"]).await;
    assert!(check(&trace, &hashes).is_err_and(|e| e.contains("not synced")), "an unsynced answer went unnoticed");
}

/// Submits one by one to a server under `strace`; the trace and the chain hashes that were answered.
async fn traced(flags: &[&str]) -> (Vec<Call>, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let (config, trace) = (config(dir.path().join("data")), dir.path().join("trace"));
    let mut world = World::planned();
    let mut corrector = correctors(&mut world, 1).remove(0);
    tokio::task::spawn_blocking({
        let config = config.clone();
        move || seed(&config, &world)
    })
    .await
    .unwrap();
    let server = Hefud::spawn(strace(&trace, &config.data, flags));
    let mut client = SubmissionServiceClient::connect(format!("http://{}", server.address)).await.unwrap();
    let mut hashes = Vec::new();
    for _ in 0..SUBMISSIONS {
        let request =
            v1::SubmitRequest { signed: Some(convert::signed_to_wire(&corrector.submission())), ..Default::default() };
        let position = client.submit(request).await.unwrap().into_inner().position.unwrap();
        hashes.push(position.chain_hash.iter().map(|b| format!("\\x{b:02x}")).collect());
    }
    stop(server);
    let (journal, _store) = open_journal(&config).unwrap();
    tokio::task::spawn_blocking(move || drop(hefu_tests::export::verify_log(&journal))).await.unwrap();
    (parse(&std::fs::read_to_string(trace).unwrap()), hashes)
}

fn strace(trace: &Path, data: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-xx", "-s", "4096", "-e", "trace=write,writev,pwrite64,sendto,sendmsg,fdatasync,fsync"]);
    command.arg("-o").arg(trace).arg(program("hefud"));
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--log", "warn", "--data"])
        .arg(data)
        .args(flags);
    command
}

/// Kills `strace` and with it, as its tracee, the server.
fn stop(server: Hefud) {
    let children = format!("/proc/{0}/task/{0}/children", server.id());
    let traced = std::fs::read_to_string(children).unwrap();
    for pid in traced.split_whitespace() {
        let killed = Command::new("kill").args(["-KILL", pid]).status().unwrap();
        assert!(killed.success());
    }
    server.wait();
}

/// Calls in the order in which they returned; those that were cut in two by another thread are joined.
fn parse(trace: &str) -> Vec<Call> {
    let mut begun = std::collections::HashMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        let (pid, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim_start();
        if let Some(start) = rest.strip_suffix("<unfinished ...>") {
            begun.insert(pid.to_owned(), start.to_owned());
        } else if rest.starts_with("<...") {
            let start = begun.remove(pid).unwrap_or_default();
            calls.extend(call(&start));
        } else {
            calls.extend(call(rest));
        }
    }
    calls
}

fn call(text: &str) -> Option<Call> {
    let (name, arguments) = text.split_once('(')?;
    let file = arguments.split_once('<')?.1;
    // `-xx` writes paths in hex, too.
    let path: String = unhex(file.split_once('>')?.0);
    let log = path.contains("/journal/") && path.ends_with(".log");
    let socket = path.starts_with("TCP") || path.starts_with("socket");
    match name {
        "fdatasync" | "fsync" if log => Some(Call::LogSync),
        "write" | "writev" | "pwrite64" if log => Some(Call::LogWrite(arguments.to_owned())),
        "write" | "writev" | "sendto" | "sendmsg" if socket => Some(Call::SocketWrite(arguments.to_owned())),
        _ => None,
    }
}

fn unhex(text: &str) -> String {
    if !text.contains("\\x") {
        return text.to_owned();
    }
    let byte = |hex: &str| u8::from_str_radix(hex.get(..2).unwrap_or("20"), 16).unwrap_or(b' ') as char;
    text.split("\\x").skip(1).map(byte).collect()
}

fn check(calls: &[Call], hashes: &[String]) -> Result<(), String> {
    for (n, hash) in hashes.iter().enumerate() {
        let find =
            |from: usize, what: &dyn Fn(&Call) -> bool| calls.iter().skip(from).position(what).map(|at| at + from);
        let written = find(0, &|c| matches!(c, Call::LogWrite(bytes) if bytes.contains(hash)));
        let answered = find(0, &|c| matches!(c, Call::SocketWrite(bytes) if bytes.contains(hash)));
        let (Some(written), Some(answered)) = (written, answered) else {
            return Err(format!("answer {n}: written {written:?}, answered {answered:?}"));
        };
        match find(written, &|c| *c == Call::LogSync) {
            Some(synced) if synced < answered => {}
            _ => return Err(format!("answer {n} left before its entry was synced, or it was not synced at all")),
        }
    }
    Ok(())
}
