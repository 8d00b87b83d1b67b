// A TFLite export of aan_keras in C++: LiteRT's interpreter, tensors by name.
//
// Header only, against LiteRT's `tflite` target (CMake or Bazel) or libtensorflow-lite:
//
//     Animator animator("aan.tflite", /*threads=*/4);
//     animator.EncodeSource(pixels, source_landmarks);       // once a photo
//     const uint8_t* image = animator.Drive(driving_landmarks);  // once a frame
#ifndef AAN_EXPORT_MOBILE_ANIMATOR_H_
#define AAN_EXPORT_MOBILE_ANIMATOR_H_

#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "tensorflow/lite/core/interpreter_builder.h"
#include "tensorflow/lite/interpreter.h"
#include "tensorflow/lite/kernels/register.h"
#include "tensorflow/lite/model_builder.h"
#include "tensorflow/lite/signature_runner.h"

class Animator {
 public:
  static constexpr size_t kLandmarks = 68;

  // Throws std::runtime_error: no such file, or not an export of aan_keras.
  Animator(const std::string& path, int threads) {
    model_ = tflite::FlatBufferModel::BuildFromFile(path.c_str());
    if (!model_) throw std::runtime_error(path + " is not a TFLite file");
    tflite::ops::builtin::BuiltinOpResolver resolver;
    tflite::InterpreterBuilder(*model_, resolver)(&interpreter_, threads);
    if (!interpreter_) throw std::runtime_error(path + " needs other operations");
    encode_ = interpreter_->GetSignatureRunner("encode_source");
    drive_ = interpreter_->GetSignatureRunner("drive");
    if (!encode_ || !drive_) {
      throw std::runtime_error(path + " lacks encode_source or drive");
    }
    Check(encode_->AllocateTensors());
    Check(drive_->AllocateTensors());
  }

  // Side S of the crops.
  int image_size() const { return drive_->output_tensor("image")->dims->data[1]; }

  // source: S x S x 3 bytes, RGB, row by row. source_landmarks: 68 x 2 numbers, x, y in
  // pixels of the crop. The inputs of `drive` keep the code until the next photo.
  void EncodeSource(const uint8_t* source, const float* source_landmarks) {
    std::memcpy(encode_->input_tensor("source")->data.raw, source,
                encode_->input_tensor("source")->bytes);
    Put(encode_->input_tensor("source_landmarks"), source_landmarks);
    Check(encode_->Invoke());
    for (const char* name : encode_->output_names()) {
      const TfLiteTensor* value = encode_->output_tensor(name);
      std::memcpy(drive_->input_tensor(name)->data.raw, value->data.raw, value->bytes);
    }
  }

  // S x S x 3 bytes, RGB; overwritten by the next call.
  const uint8_t* Drive(const float* driving_landmarks) {
    Put(drive_->input_tensor("driving_landmarks"), driving_landmarks);
    Check(drive_->Invoke());
    return drive_->output_tensor("image")->data.uint8;
  }

 private:
  static void Check(TfLiteStatus status) {
    if (status != kTfLiteOk) throw std::runtime_error("LiteRT could not run the model");
  }

  static void Put(TfLiteTensor* tensor, const float* landmarks) {
    std::memcpy(tensor->data.raw, landmarks, kLandmarks * 2 * sizeof(float));
  }

  std::unique_ptr<tflite::FlatBufferModel> model_;
  std::unique_ptr<tflite::Interpreter> interpreter_;
  tflite::SignatureRunner* encode_ = nullptr;
  tflite::SignatureRunner* drive_ = nullptr;
};

#endif  // AAN_EXPORT_MOBILE_ANIMATOR_H_
