// HTTP as bytes: for requests no well-behaved client would send, and answers that are compared byte for byte.
import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';

/** Sends one request on a connection of its own. `body` is a string, a Buffer, or a function that writes to the request. */
export function send(url, { method = 'POST', headers = {}, body, boundMs = 30_000 } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent: false });
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

/** Writes raw bytes to a socket and returns all that comes back until the other side closes. */
export async function exchange(port, bytes, { boundMs = 15_000 } = {}) {
  const socket = net.connect(port, '127.0.0.1');
  socket.setTimeout(boundMs, () => socket.destroy(new Error(`silence for ${boundMs} ms`)));
  const pieces = [];
  socket.on('data', piece => pieces.push(piece));
  await once(socket, 'connect');
  for (const piece of [bytes].flat()) socket.write(piece);
  try {
    await once(socket, 'close');
  } finally {
    socket.destroy();
  }

  return Buffer.concat(pieces).toString('latin1');
}

/** The `data:` payloads of an event stream. */
export function events(text) {
  return text.split('\n\n').filter(Boolean).map(event => event.replace(/^data: /, ''));
}
