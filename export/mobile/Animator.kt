// A TFLite export of aan_keras on Android. In build.gradle.kts:
//
//     implementation("com.google.ai.edge.litert:litert:1.4.2")
//
// and `androidResources { noCompress += "tflite" }`, so that the file can be mapped.
package example.aan

import java.io.Closeable
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.tensorflow.lite.Interpreter

/**
 * One photo, animated by landmarks.
 *
 * The interpreter is not thread-safe: call it from one thread, not the main one.
 *
 * @param model the `.tflite` file, mapped into memory.
 */
class Animator(model: ByteBuffer, threads: Int = 4) : Closeable {
    private val interpreter =
        Interpreter(model, Interpreter.Options().setNumThreads(threads))

    /** Side S of the crops. */
    val imageSize: Int =
        interpreter.getOutputTensorFromSignature("image", DRIVE).shape()[1]

    // What the photo is encoded to: a buffer for each output of one signature, which
    // is an input of the other under the same name.
    private val code: Map<String, ByteBuffer> =
        interpreter.getSignatureOutputs(ENCODE).associateWith { name ->
            buffer(interpreter.getOutputTensorFromSignature(name, ENCODE).numBytes())
        }
    private val landmarks = buffer(LANDMARKS * 2 * Float.SIZE_BYTES)
    private val image = buffer(imageSize * imageSize * 3)

    /**
     * Once a photo.
     *
     * @param source S x S x 3 bytes: the face crop, RGB, row by row.
     * @param sourceLandmarks 68 x 2 numbers: x, y in pixels of the crop, iBUG order.
     */
    fun encodeSource(source: ByteArray, sourceLandmarks: FloatArray) {
        require(source.size == image.capacity()) {
            "source must have ${image.capacity()} bytes, received ${source.size}"
        }
        image.rewind()
        image.put(source)
        val inputs = mapOf("source" to rewound(image), "source_landmarks" to put(sourceLandmarks))
        interpreter.runSignature(inputs, code.mapValues { rewound(it.value) }, ENCODE)
    }

    /**
     * Once a frame, after [encodeSource].
     *
     * @param drivingLandmarks 68 x 2 numbers, in pixels of the source's crop.
     * @return S x S x 3 bytes, RGB; overwritten by the next call.
     */
    fun drive(drivingLandmarks: FloatArray): ByteBuffer {
        val inputs = code.mapValues { rewound(it.value) } +
            ("driving_landmarks" to put(drivingLandmarks))
        interpreter.runSignature(inputs, mapOf("image" to rewound(image)), DRIVE)
        return rewound(image)
    }

    override fun close() = interpreter.close()

    private fun put(values: FloatArray): ByteBuffer {
        require(values.size == LANDMARKS * 2) {
            "landmarks must be ${LANDMARKS * 2} numbers, received ${values.size}"
        }
        require(values.all { it.isFinite() }) { "landmarks must be finite" }
        landmarks.rewind()
        landmarks.asFloatBuffer().put(values)
        return rewound(landmarks)
    }

    private companion object {
        const val ENCODE = "encode_source"
        const val DRIVE = "drive"
        const val LANDMARKS = 68

        fun buffer(bytes: Int): ByteBuffer =
            ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder())

        fun rewound(buffer: ByteBuffer): ByteBuffer = buffer.apply { rewind() }
    }
}
