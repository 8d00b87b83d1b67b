// Runs an export of aan_keras without Python: see README.md beside this file.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <stdexcept>

#include "npy.h"
#include "ppm.h"
#include "saved_model.h"

namespace {

using tensorflow::DataType_Name;
using tensorflow::Tensor;
using tensorflow::TensorShape;

const char kUsage[] =
    "usage: aan [--threads N] list MODEL\n"
    "       aan [--threads N] run MODEL SIGNATURE OUTPUT_FOLDER INPUT=FILE...\n"
    "       aan [--threads N] animate MODEL SOURCE.ppm SOURCE_LANDMARKS.npy\n"
    "                         DRIVING_LANDMARKS.npy OUTPUT_FOLDER\n";

Tensor ToTensor(const aan::Array& array) {
  const bool bytes = array.type == aan::Type::kUint8;
  Tensor tensor(bytes ? tensorflow::DT_UINT8 : tensorflow::DT_FLOAT,
                TensorShape(array.shape));
  std::memcpy(tensor.data(), array.bytes.data(), array.bytes.size());
  return tensor;
}

// A vector of one string: the bytes of one photo.
Tensor FileTensor(const std::string& path) {
  Tensor tensor(tensorflow::DT_STRING, TensorShape({1}));
  tensor.vec<tensorflow::tstring>()(0) = aan::ReadFile(path);
  return tensor;
}

// PNG or, like all other files of ours, JPEG.
std::string Extension(const std::string& file) {
  return file.compare(0, 4, "\x89PNG") == 0 ? ".png" : ".jpg";
}

// Numbers go to folder/name.npy, strings to folder/name_0.jpg and so on.
void WriteOutput(const std::string& folder, const std::string& name,
                 const Tensor& tensor) {
  const std::string path = folder + "/" + name;
  if (tensor.dtype() == tensorflow::DT_STRING) {
    const auto values = tensor.flat<tensorflow::tstring>();
    for (int64_t i = 0; i < values.size(); ++i) {
      const std::string file = values(i);
      aan::WriteFile(path + "_" + std::to_string(i) + Extension(file), file);
    }
    return;
  }
  aan::Array array;
  if (tensor.dtype() == tensorflow::DT_FLOAT) {
    array.type = aan::Type::kFloat32;
  } else if (tensor.dtype() != tensorflow::DT_UINT8) {
    throw std::runtime_error(name + " has the type " + DataType_Name(tensor.dtype()) +
                             ", which this program can't write");
  }
  for (const auto axis : tensor.shape().dim_sizes()) array.shape.push_back(axis);
  array.bytes.assign(static_cast<const char*>(tensor.data()), tensor.TotalBytes());
  aan::WriteNpy(path + ".npy", array);
}

void PrintTensors(
    const char* heading,
    const google::protobuf::Map<std::string, tensorflow::TensorInfo>& tensors) {
  // The map has no order of its own.
  std::map<std::string, const tensorflow::TensorInfo*> sorted;
  for (const auto& [name, info] : tensors) sorted[name] = &info;
  for (const auto& [name, info] : sorted) {
    std::cout << "  " << heading << " " << name << " " << DataType_Name(info->dtype())
              << " [";
    for (int i = 0; i < info->tensor_shape().dim_size(); ++i) {
      const int64_t axis = info->tensor_shape().dim(i).size();
      std::cout << (i ? ", " : "") << (axis < 0 ? "?" : std::to_string(axis));
    }
    std::cout << "]\n";
  }
}

void List(const aan::SavedModel& model) {
  for (const auto& [name, signature] : model.signatures()) {
    std::cout << name << "\n";
    PrintTensors("in ", signature.inputs());
    PrintTensors("out", signature.outputs());
  }
}

void Run(const aan::SavedModel& model, const std::string& signature,
         const std::string& folder, const std::vector<std::string>& arguments) {
  aan::Tensors inputs;
  for (const std::string& argument : arguments) {
    const size_t place = argument.find('=');
    if (place == std::string::npos) {
      throw std::runtime_error("expected INPUT=FILE, received " + argument);
    }
    const std::string path = argument.substr(place + 1);
    const bool array = std::filesystem::path(path).extension() == ".npy";
    inputs[argument.substr(0, place)] =
        array ? ToTensor(aan::ReadNpy(path)) : FileTensor(path);
  }
  std::filesystem::create_directories(folder);
  for (const auto& [name, tensor] : model.Run(signature, inputs)) {
    WriteOutput(folder, name, tensor);
    std::cout << name << " " << DataType_Name(tensor.dtype()) << " "
              << tensor.shape().DebugString() << "\n";
  }
}

// Adds the axis of the batch in front.
aan::Array Batch(aan::Array array) {
  array.shape.insert(array.shape.begin(), 1);
  return array;
}

// The photo is encoded once; each frame is driven and written alone, so that memory
// does not grow with the clip.
void Animate(const aan::SavedModel& model, const std::string& source,
             const std::string& source_landmarks, const std::string& driving_landmarks,
             const std::string& folder) {
  const aan::Array driving = aan::ReadNpy(driving_landmarks);
  if (driving.type != aan::Type::kFloat32 || driving.shape.size() != 3 ||
      driving.shape[1] != 68 || driving.shape[2] != 2) {
    throw std::runtime_error(driving_landmarks +
                             " must hold float32 [frames, 68, 2], found " +
                             driving.description());
  }
  aan::Tensors inputs = model.Run(
      "encode_source",
      {{"source", ToTensor(Batch(aan::ReadPpm(source)))},
       {"source_landmarks", ToTensor(Batch(aan::ReadNpy(source_landmarks)))}});
  std::filesystem::create_directories(folder);
  const size_t frame_bytes = 68 * 2 * sizeof(float);
  std::chrono::duration<double> driven{0};
  for (int64_t t = 0; t < driving.shape[0]; ++t) {
    const aan::Array landmarks = {
        driving.type, {1, 68, 2}, driving.bytes.substr(t * frame_bytes, frame_bytes)};
    inputs["driving_landmarks"] = ToTensor(landmarks);
    const auto start = std::chrono::steady_clock::now();
    const Tensor image = model.Run("drive", inputs).at("image");
    // The first call optimizes the graph.
    if (t > 0) driven += std::chrono::steady_clock::now() - start;
    char name[32];
    std::snprintf(name, sizeof(name), "/%06lld.ppm", static_cast<long long>(t));
    aan::WritePpm(folder + name, image.dim_size(1), image.dim_size(2),
                  static_cast<const char*>(image.data()));
  }
  std::cout << driving.shape[0] << " frames in " << folder;
  if (driving.shape[0] > 1) {
    std::cout << ", drive made " << (driving.shape[0] - 1) / driven.count()
              << " a second";
  }
  std::cout << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  int threads = 0;
  if (arguments.size() > 1 && arguments[0] == "--threads") {
    threads = std::atoi(arguments[1].c_str());
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  const std::string command = arguments.empty() ? "" : arguments[0];
  const size_t count = arguments.size();
  const bool known = (command == "list" && count == 2) ||
                     (command == "run" && count >= 5) ||
                     (command == "animate" && count == 6);
  if (!known) {
    std::cerr << kUsage;
    return 2;
  }
  try {
    const aan::SavedModel model(arguments[1], threads);
    if (command == "list") {
      List(model);
    } else if (command == "run") {
      Run(model, arguments[2], arguments[3],
          {arguments.begin() + 4, arguments.end()});
    } else {
      Animate(model, arguments[2], arguments[3], arguments[4], arguments[5]);
    }
  } catch (const std::exception& error) {
    std::cerr << "aan: error: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
