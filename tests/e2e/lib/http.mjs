// HTTP as bytes: for requests no well-behaved client would send, and answers that are compared byte for byte.
import http from 'node:http';
import net from 'node:net';

/** Sends one request on a connection of its own. `body` is a string, a Buffer, or a function that writes to the request. */
export function send(url, { method = 'POST', headers = {}, body, boundMs = 30_000 } = {}) {
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers: given, agent: false });
    request.setTimeout(boundMs, () => request.destroy(new Error(`no answer within ${boundMs} ms`)));
    let answered = false;
    request.on('response', response => {
      answered = true;
      const pieces = [];
      response.on('data', piece => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => resolve(new Answer(response.statusCode, response.headers, Buffer.concat(pieces))));
    });
    // Once there is an answer, it no longer matters whether the rest of the body found its way.
    request.on('error', failure => answered || reject(failure));
    if (typeof body === 'function') body(request);
    else request.end(body);
  });
}

export class Answer {
  constructor(status, headers, body) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  get text() {
    return this.body.toString('utf8');
  }

  get json() {
    return JSON.parse(this.text);
  }
}

/** Writes raw bytes to a socket and returns what comes back, until the other side closes or there is `enough`. */
export function exchange(port, bytes, { boundMs = 15_000, enough = () => false } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('latin1').setTimeout(boundMs, () => socket.destroy(new Error(`silence for ${boundMs} ms`)));
    let text = '';
    socket.on('data', piece => {
      text += piece;
      if (enough(text)) socket.destroy();
    });
    // A reset after an answer is how a server closes on bytes it did not want to read.
    socket.on('error', failure => text || reject(failure));
    socket.on('close', () => resolve(text));
  });
}

/** The `data:` payloads of an event stream. */
export function events(text) {
  return text.split('\n\n').filter(Boolean).map(event => event.replace(/^data: /, ''));
}
