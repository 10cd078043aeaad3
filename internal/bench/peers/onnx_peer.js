// ONNX Runtime as a peer: prints {"about": ...} when it is ready, then answers
// each line, which holds a number n, with the seconds that one of n runs took.
//   node onnx_peer.js FOLDER MODEL plain|fused|int8 BATCH THREADS
// FOLDER is where export.py wrote, onnxruntime-node is found through NODE_PATH.
const fs = require('fs'), path = require('path'), readline = require('readline');
const ort = require('onnxruntime-node');

const [folder, model, variant, batch, threads] = process.argv.slice(2);
const say = line => console.log(JSON.stringify(line));

function floats(name) {
  const bytes = fs.readFileSync(path.join(folder, name));
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function open(N) {
  return ort.InferenceSession.create(path.join(folder, `${model}.${variant}.onnx`), {
    executionProviders: ['cpu'], intraOpNumThreads: +threads, interOpNumThreads: 1, executionMode: 'sequential',
    graphOptimizationLevel: 'all', freeDimensionOverrides: { N }, logSeverityLevel: 3,
  });
}

// The largest deviation from torch's logits, as a part of the largest of them.
async function deviation(x, side) {
  const session = await open(2), want = floats(`${model}.logits`);
  const got = (await session.run({ x: new ort.Tensor('float32', x, [2, 3, side, side]) })).y.data;
  await session.release();
  const largest = values => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return largest(want.map((v, i) => v - got[i])) / largest(want);
}

async function main() {
  const x = floats(`${model}.images`), side = Math.sqrt(x.length / 6);
  const off = await deviation(x, side);
  if (!(off < (variant === 'int8' ? 0.2 : 1e-4))) throw new Error(`logits are off by ${off}`);
  const session = await open(+batch);
  const images = Float32Array.from({ length: batch * 3 * side * side }, () => Math.random() - 0.5);
  const feeds = { x: new ort.Tensor('float32', images, [+batch, 3, side, side]) };
  say({ about: `ONNX Runtime ${ort.env.versions.node ?? ort.env.versions.common}, ${model} off by ${off.toExponential(1)}` });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < +line; i++) await session.run(feeds);
    const seconds = Number(process.hrtime.bigint() - start) / 1e9 / +line;
    say({ seconds, rss_mib: process.resourceUsage().maxRSS / 1024 });
  }
}

main().catch(err => { console.error(err.message); process.exit(1); });
