//! The server; with `--healthcheck` it asks one that runs beside it, and exits with 0 or 1.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, thread};

use actix_web::{App, HttpServer, rt};

/// Seconds that requests under way get on SIGTERM; `docker stop` kills after ten.
const SHUTDOWN_SECONDS: u64 = 8;

fn main() -> ExitCode {
    let port = env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(8080);
    let result = match env::args().nth(1).as_deref() {
        Some("--healthcheck") => probe(port),
        _ => rt::System::new().block_on(serve(port)),
    };
    result.map_or_else(
        |error| {
            eprintln!("{error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

async fn serve(port: u16) -> io::Result<()> {
    // In a container the number of processors is the machine's unless a CPU limit says less.
    let workers = thread::available_parallelism().map_or(1, usize::from);
    println!("listening on port {port} with {workers} workers");
    HttpServer::new(|| App::new().configure(app::routes))
        .workers(workers)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .bind((Ipv4Addr::UNSPECIFIED, port))?
        .run()
        .await
}

fn probe(port: u16) -> io::Result<()> {
    let timeout = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer)?;
    if &answer == b"HTTP/1.1 200" { Ok(()) } else { Err(io::Error::other(String::from_utf8_lossy(&answer))) }
}
