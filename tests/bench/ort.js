// SPDX-License-Identifier: LGPL-2.1-or-later
// node ort.js MODEL THREADS RUNS: least time in ms of a run by ONNX Runtime
const path = require('path');
const folder = process.env.ORT || path.join(process.env.HOME, '.ort');
const ort = require(path.join(folder, 'node_modules', 'onnxruntime-node'));
const [model, threads, runs] = process.argv.slice(2);

(async () => {
  const options = { logSeverityLevel: 3, intraOpNumThreads: Number(threads), interOpNumThreads: 1 };
  const session = await ort.InferenceSession.create(model, options);
  const { name, shape } = session.inputMetadata[0];
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i % 17) / 16);
  const feeds = { [name]: new ort.Tensor('float32', data, shape) };
  let least = Infinity;
  for (let i = 0; i < Number(runs); i++) {
    const start = process.hrtime.bigint();
    await session.run(feeds);
    least = Math.min(least, Number(process.hrtime.bigint() - start) / 1e6);
  }
  console.log(least.toFixed(3));
})();
