// An S3 server for tests: s3rver behind a front that checks what s3rver does not (the signature, by another
// implementation than ours; the hash of the body), knows what it does not (the list of uploads and their end),
// and fails as it is told.
//
// usage: node server.js MODULES FOLDER PORT BUCKET ACCESS_KEY SECRET_KEY
//
// It prints "port N", then takes commands line by line and answers each with a line:
//   status CODE COUNT METHOD   the next COUNT requests of METHOD (or *) are answered with CODE
//   cut BYTES COUNT            the next COUNT answers to GET break off after BYTES bytes of body
//   stall COUNT                the next COUNT requests get no answer
//   exit-at-part N             the process ends while part N arrives
//   report                     counters, as JSON
'use strict';

const [modules, folder, port, bucket, accessKey, secretKey] = process.argv.slice(2);
const crypto = require('crypto');
const from = require('module').createRequire(modules + '/');
// s3rver makes the tokens of its lists with DES, which today's OpenSSL has no more: leave them as they are.
for (const name of ['createCipheriv', 'createDecipheriv']) {
  const real = crypto[name];
  const plain = { update: text => Buffer.from(text), final: () => Buffer.alloc(0) };
  crypto[name] = (algorithm, ...rest) => (algorithm === 'des' ? plain : real(algorithm, ...rest));
}
const S3rver = from('s3rver');
const aws4 = from('aws4');
const http = require('http');
const readline = require('readline');

const faults = { status: 0, statusCount: 0, statusMethod: '*', cut: 0, cutCount: 0, stallCount: 0, exitAtPart: 0 };
const report = { requests: 0, parts: 0, badSignatures: 0, badHashes: 0, aborted: 0, uploads: 0, tokens: 0 };
const uploads = new Map(); // id to { key, initiated }
let inner;

function refuse(res, status, code, message) {
  res.writeHead(status, { 'content-type': 'application/xml' });
  res.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

// The Authorization that another implementation would have sent.
function expectedAuthorization(req) {
  const signed = /SignedHeaders=([^,]+)/.exec(req.headers.authorization)[1].split(';');
  const scope = /Credential=([^,]+)/.exec(req.headers.authorization)[1].split('/');
  const headers = {}, include = {};
  for (const name of signed) headers[name] = req.headers[name], include[name] = true;
  const request = { service: 's3', region: scope[2], method: req.method, path: req.url, headers,
                    extraHeadersToInclude: include };
  const token = req.headers['x-amz-security-token'];
  return aws4.sign(request, { accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken: token }).headers.Authorization;
}

function same(one, other) {
  return one.replace(/\s/g, '') === other.replace(/\s/g, '');
}

function checkAccess(req, body, res) {
  const authorization = req.headers.authorization || '';
  if (!authorization.includes(`Credential=${accessKey}/`)) {
    refuse(res, 403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.');
  } else if (!same(expectedAuthorization(req), authorization)) {
    report.badSignatures++;
    refuse(res, 403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match.');
  } else if (crypto.createHash('sha256').update(body).digest('hex') !== req.headers['x-amz-content-sha256']) {
    report.badHashes++;
    refuse(res, 400, 'XAmzContentSHA256Mismatch', 'The body is not what was signed.');
  } else {
    return true;
  }
  return false;
}

function fails(req, res) {
  if (faults.stallCount > 0) {
    faults.stallCount--;
    return true;
  }
  if (faults.statusCount > 0 && (faults.statusMethod === '*' || faults.statusMethod === req.method)) {
    faults.statusCount--;
    refuse(res, faults.status, 'SlowDown', 'Please reduce your request rate.');
    return true;
  }
  return false;
}

// What s3rver does not know.
function answersItself(req, url, res) {
  const id = url.searchParams.get('uploadId');
  if (req.method === 'GET' && url.searchParams.has('uploads')) {
    const prefix = url.searchParams.get('prefix') || '';
    const items = [...uploads].filter(([, upload]) => upload.key.startsWith(prefix)).map(([uploadId, upload]) =>
      `<Upload><Key>${upload.key}</Key><UploadId>${uploadId}</UploadId><Initiated>${upload.initiated}</Initiated></Upload>`);
    res.writeHead(200, { 'content-type': 'application/xml' });
    res.end(`<ListMultipartUploadsResult>${items.join('')}</ListMultipartUploadsResult>`);
    return true;
  }
  if (req.method === 'DELETE' && id) {
    if (uploads.delete(id)) report.aborted++;
    res.writeHead(204);
    res.end();
    return true;
  }
  return false;
}

function relay(req, url, body, res) {
  const outer = http.request({ host: '127.0.0.1', port: inner, method: req.method, path: req.url, headers: req.headers });
  outer.on('response', answer => {
    const chunks = [];
    answer.on('data', chunk => chunks.push(chunk));
    answer.on('end', () => {
      const bytes = Buffer.concat(chunks);
      if (req.method === 'POST' && url.searchParams.has('uploads')) {
        const id = /<UploadId>([^<]+)</.exec(bytes.toString())[1];
        uploads.set(id, { key: decodeURIComponent(url.pathname).split('/').slice(2).join('/'), initiated: new Date().toISOString() });
      }
      if (req.method === 'POST' && url.searchParams.has('uploadId') && answer.statusCode === 200) {
        uploads.delete(url.searchParams.get('uploadId'));
      }
      if (url.searchParams.has('continuation-token')) report.tokens++;
      res.writeHead(answer.statusCode, answer.headers);
      if (req.method === 'GET' && faults.cutCount > 0 && bytes.length > faults.cut) {
        faults.cutCount--;
        res.write(bytes.subarray(0, faults.cut), () => res.destroy());
      } else {
        res.end(bytes);
      }
    });
  });
  outer.on('error', () => res.destroy());
  outer.end(body);
}

const front = http.createServer((req, res) => {
  report.requests++;
  const url = new URL(req.url, 'http://localhost');
  const part = req.method === 'PUT' && Number(url.searchParams.get('partNumber') || 0);
  if (part) report.parts++;
  const chunks = [];
  req.on('data', chunk => {
    if (part && part === faults.exitAtPart) process.exit(0);
    chunks.push(chunk);
  });
  req.on('error', () => {});
  req.on('end', () => {
    const body = Buffer.concat(chunks);
    if (fails(req, res) || !checkAccess(req, body, res) || answersItself(req, url, res)) return;
    relay(req, url, body, res);
  });
});

const commands = {
  status: (code, count, method) => { faults.status = Number(code); faults.statusCount = Number(count); faults.statusMethod = method; },
  cut: (bytes, count) => { faults.cut = Number(bytes); faults.cutCount = Number(count); },
  stall: count => { faults.stallCount = Number(count); },
  'exit-at-part': n => { faults.exitAtPart = Number(n); },
  report: () => JSON.stringify({ ...report, uploads: uploads.size }),
};
readline.createInterface({ input: process.stdin })
  .on('line', line => {
    const [name, ...words] = line.split(' ');
    process.stdout.write(`${commands[name](...words) || 'ok'}\n`);
  })
  .on('close', () => process.exit(0));

const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory: folder, vhostBuckets: false,
                            configureBuckets: [{ name: bucket, configs: [] }] });
from('s3rver/lib/models/account').DUMMY_ACCOUNT.createKeyPair(accessKey, secretKey);
server.run((error, address) => {
  if (error) throw error;
  inner = address.port;
  front.listen(Number(port), '127.0.0.1', () => process.stdout.write(`port ${front.address().port}\n`));
});
