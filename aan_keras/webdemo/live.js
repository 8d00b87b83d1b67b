// The live webcam: camera -> JPEG -> server -> canvas. One frame is under way at a
// time, so that a slow server lowers the rate and not the delay.
window.aanLive = (() => {
  const LONGEST = 400; // of the frames that are sent, in pixels
  const QUALITY = 0.88;
  const WINDOW = 2000; // milliseconds over which figures are taken
  let current = null;

  const find = (id) => document.getElementById(id);

  function say(text, isError) {
    const hint = find("aan-hint");
    if (!hint) return;
    hint.textContent = text || "";
    hint.classList.toggle("aan-error", Boolean(isError));
    hint.hidden = !text;
  }

  function stop(text) {
    const run = current;
    current = null;
    if (run) {
      run.stream?.getTracks().forEach((track) => track.stop());
      run.video.srcObject = null;
      find("aan-live")?.classList.remove("aan-on");
    }
    say(text || "Start the camera to move the photo.");
  }

  function cameraError(error) {
    if (error.name === "NotAllowedError")
      return "The camera was not allowed. Allow it in the browser and start again.";
    if (error.name === "NotFoundError" || error.name === "OverconstrainedError")
      return "No camera was found.";
    if (error.name === "NotReadableError")
      return "The camera is in use by another program.";
    return `The camera can't be used: ${error.message}`;
  }

  async function start(token) {
    stop();
    if (!token) return; // the message is beside the canvas already
    if (!navigator.mediaDevices?.getUserMedia) {
      say("Browsers give the camera to secure pages only: open this page at " +
          "http://localhost or over https.", true);
      return;
    }
    const run = { token, video: find("aan-camera"), frames: [], failures: 0 };
    current = run;
    say("Waiting for the camera…");
    try {
      run.stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: {
          width: { ideal: 640 }, height: { ideal: 480 },
          frameRate: { ideal: 30 }, facingMode: "user",
        },
      });
      if (current !== run) {
        run.stream.getTracks().forEach((track) => track.stop());
        return;
      }
      run.video.srcObject = run.stream;
      await run.video.play();
    } catch (error) {
      stop();
      say(cameraError(error), true);
      return;
    }
    find("aan-live").classList.add("aan-on");
    say("Look into the camera…");
    loop(run);
  }

  // Resolves with the time at which the newest camera frame was there, once there is
  // one that has not been sent.
  function watch(run) {
    const video = run.video;
    let arrived = null, waiting = null;
    const note = (now) => {
      if (current !== run) { waiting?.(null); return; }
      arrived = now;
      if (waiting) { waiting(arrived); arrived = waiting = null; }
      next();
    };
    const next = video.requestVideoFrameCallback
      ? () => video.requestVideoFrameCallback((now, frame) =>
          note(frame.captureTime || now))
      : () => requestAnimationFrame(note);
    next();
    return () => {
      if (arrived === null) return new Promise((resolve) => { waiting = resolve; });
      const time = arrived;
      arrived = null;
      return Promise.resolve(time);
    };
  }

  async function loop(run) {
    const nextFrame = watch(run);
    const sent = document.createElement("canvas");
    const pen = sent.getContext("2d", { willReadFrequently: true });
    while (current === run && run.video.isConnected) {
      const captured = await nextFrame();
      if (current !== run || captured === null) return;
      const { videoWidth: width, videoHeight: height } = run.video;
      if (!width) continue;
      const scale = Math.min(1, LONGEST / Math.max(width, height));
      sent.width = Math.round(width * scale);
      sent.height = Math.round(height * scale);
      // As in a mirror: the photo turns to the side to which the visitor turns.
      pen.setTransform(-1, 0, 0, 1, sent.width, 0);
      pen.drawImage(run.video, 0, 0, sent.width, sent.height);
      const taken = performance.now();
      const blob = await new Promise((done) => sent.toBlob(done, "image/jpeg", QUALITY));
      const posted = performance.now();
      let answer;
      try {
        answer = await fetch(`live/${run.token}`, { method: "POST", body: blob });
      } catch {
        answer = null;
      }
      if (current !== run) return;
      if (!answer || !answer.ok) {
        if (answer?.status === 404 || ++run.failures > 20) {
          stop();
          say(answer ? "The live session is over: start the camera again."
                     : "The server does not answer.", true);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      run.failures = 0;
      const image = await createImageBitmap(await answer.blob());
      const received = performance.now();
      const result = find("aan-result");
      if (current !== run || !result) return;
      if (result.width !== image.width || result.height !== image.height) {
        result.width = image.width;
        result.height = image.height;
      }
      result.getContext("2d").drawImage(image, 0, 0);
      image.close();
      const drawn = performance.now();
      const total = /total;dur=([\d.]+)/.exec(answer.headers.get("Server-Timing") || "");
      const hasFace = answer.headers.get("X-Face") === "yes";
      const frame = {
        drawn, latency: drawn - captured, wait: taken - captured,
        encode: posted - taken, request: received - posted,
        server: total ? Number(total[1]) : 0, hasFace,
      };
      run.frames.push(frame);
      say(hasFace ? "" : "No face in the camera's picture.");
      show(run, drawn);
    }
    if (current === run) stop();
  }

  function show(run, now) {
    if (now - (run.shown || 0) < 500) return;
    run.shown = now;
    const recent = run.frames.filter((frame) => frame.drawn > now - WINDOW);
    // A benchmark reads the frames; a visitor may stay for hours.
    if (run.frames.length > 4000) run.frames.splice(0, 2000);
    if (recent.length < 2) return;
    const mean = (key) =>
      recent.reduce((sum, frame) => sum + frame[key], 0) / recent.length;
    const span = recent[recent.length - 1].drawn - recent[0].drawn;
    const rate = (1000 * (recent.length - 1)) / span;
    const figures = find("aan-figures");
    if (figures)
      figures.textContent = `${rate.toFixed(0)} frames/s · ` +
        `${mean("latency").toFixed(0)} ms behind the camera · ` +
        `${mean("server").toFixed(0)} ms of them on the server`;
  }

  function showOutput() {
    const output = find("aan-output");
    if (output && output.getBoundingClientRect().top > 0.6 * window.innerHeight)
      output.scrollIntoView({ behavior: "smooth", block: "start" });
  }

  window.addEventListener("pagehide", () => stop());
  return { start, stop, showOutput, frames: () => (current ? current.frames : []) };
})();
