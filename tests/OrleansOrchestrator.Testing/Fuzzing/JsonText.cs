using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>The options for writing JSON: very deep if needed, and without needless escapes.</summary>
internal static class JsonText
{
    public static JsonSerializerOptions Relaxed { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 1000 };
}
