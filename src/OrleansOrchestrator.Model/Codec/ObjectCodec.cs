using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using k8s;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>Converts objects to and from UTF-8 JSON, with KubernetesClient's models and converters.</summary>
public static class ObjectCodec
{
    /// <summary>The deepest accepted nesting: far beyond any kind, and safe for the stack.</summary>
    public const int DepthMax = 100;

    /// <summary>The serialization options of the whole product.</summary>
    public static JsonSerializerOptions Options { get; } = CreateOptions();

    /// <summary>Decodes an object and drops unknown fields.</summary>
    /// <exception cref="JsonException">The JSON is malformed or has a field of a wrong type.</exception>
    public static T Decode<T>(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException("the body is null");

    /// <summary>Encodes an object and omits fields without a value.</summary>
    public static byte[] Encode<T>(T obj) => JsonSerializer.SerializeToUtf8Bytes(obj, Options);

    /// <summary>A deep copy that may be changed.</summary>
    public static T Clone<T>(T obj) => Decode<T>(Encode(obj));

    /// <summary>Encodes an object by its runtime type.</summary>
    public static byte[] EncodeAny(IKubernetesObject obj) => JsonSerializer.SerializeToUtf8Bytes(obj, obj.GetType(), Options);

    private static JsonSerializerOptions CreateOptions()
    {
        // The package exposes its date and int-or-string converters only through its own options.
        JsonSerializerOptions? packageOptions = null;
        KubernetesJson.AddJsonOptions(options => packageOptions = options);
        var options = new JsonSerializerOptions(packageOptions!)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            MaxDepth = DepthMax,
            TypeInfoResolver = packageOptions!.TypeInfoResolver!.WithAddedModifier(MicroTimeConverter.Apply),
        };
        options.Converters.Insert(0, new QuantityConverter());
        options.Converters.Insert(0, new TimeConverter());
        options.Converters.Insert(0, new IntOrStringConverter());
        ZeroValues.AddTo(options);
        return options;
    }
}
