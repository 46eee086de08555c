using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using k8s;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>Objects to and from UTF-8 JSON, over KubernetesClient's models and converters.</summary>
public static class ObjectCodec
{
    /// <summary>The deepest nesting that is read.</summary>
    public const int DepthMax = 100;

    /// <summary>The options of every conversion in the product.</summary>
    public static JsonSerializerOptions Options { get; } = CreateOptions();

    /// <summary>Reads an object; fields that its type does not know are left out.</summary>
    /// <exception cref="JsonException">The JSON is malformed or has a field of a wrong type.</exception>
    public static T Decode<T>(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException("the body is null");

    /// <summary>Writes an object; fields without a value are left out.</summary>
    public static byte[] Encode<T>(T obj) => JsonSerializer.SerializeToUtf8Bytes(obj, Options);

    /// <summary>A deep copy that may be changed freely.</summary>
    public static T Clone<T>(T obj) => Decode<T>(Encode(obj));

    /// <summary>Writes an object of any type.</summary>
    public static byte[] EncodeAny(IKubernetesObject obj) => JsonSerializer.SerializeToUtf8Bytes(obj, obj.GetType(), Options);

    private static JsonSerializerOptions CreateOptions()
    {
        // The package's date and int-or-string converters are reachable only through its own options.
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
