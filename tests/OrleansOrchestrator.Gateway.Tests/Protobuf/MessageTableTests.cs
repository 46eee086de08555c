using Google.Protobuf.Reflection;
using OrleansOrchestrator.Gateway.Protobuf;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Gateway.Tests.Protobuf;

/// <summary>
/// The table of messages against Kubernetes' own .proto files, where a machine has them: as Google's compiler reads them, and not the
/// script that made the table.
/// </summary>
public sealed class MessageTableTests
{
    private const string Variable = "ORCHESTRATOR_KUBERNETES_PROTO";
    private const string DebianFolder = "/usr/share/gocode/src";

    private static readonly string[] Repositories = ["api", "apimachinery", "apiextensions-apiserver", "kube-aggregator"];

    /// <summary>Messages that have a form of their own in JSON, and what the table calls their form.</summary>
    private static readonly Dictionary<string, string> Forms = new(StringComparer.Ordinal)
    {
        ["resource.Quantity"] = "Quantity",
        ["intstr.IntOrString"] = "IntOrString",
        ["meta.v1.Time"] = "Time",
        ["meta.v1.MicroTime"] = "MicroTime",
        ["meta.v1.Duration"] = "Duration",
        ["runtime.RawExtension"] = "Raw",
        ["meta.v1.FieldsV1"] = "Raw",
        ["meta.v1.Verbs"] = "Texts",
        ["apiextensions.v1.JSON"] = "Raw",
        ["authentication.v1.AttestationValue"] = "Texts",
        ["authentication.v1.ExtraValue"] = "Texts",
        ["authorization.v1.ExtraValue"] = "Texts",
        ["certificates.v1.ExtraValue"] = "Texts",
        ["apiextensions.v1.JSONSchemaPropsOrArray"] = "SchemaOrList",
        ["apiextensions.v1.JSONSchemaPropsOrBool"] = "SchemaOrFlag",
        ["apiextensions.v1.JSONSchemaPropsOrStringArray"] = "SchemaOrTexts",
    };

    [Fact]
    public async Task Table_BesideTheProtoFiles_SaysTheSame()
    {
        var folder = new[] { Environment.GetEnvironmentVariable(Variable), DebianFolder }.FirstOrDefault(HasProtoFiles);
        Assert.SkipWhen(folder is null, $"no .proto files of Kubernetes are in {DebianFolder}, nor in the folder that {Variable} names (which holds k8s.io/api)");
        var described = await DescribeAsync(folder!);
        var table = ProtobufSchema.Instance;

        // An older release lacks messages and fields; what both have must be the same. One that lacks no message has all fields, too.
        var isOlder = table.Names.Any(name => !described.ContainsKey(name));
        var faults = new List<string>();
        foreach (var name in table.Names.Where(described.ContainsKey))
            faults.AddRange(Differences(name, described[name], table.Find(name)!, isOlder));

        faults.ShouldBeEmpty();
        table.Names.Count(described.ContainsKey).ShouldBeGreaterThan(300, "far fewer would be other files");
    }

    private static bool HasProtoFiles(string? folder) => File.Exists(Path.Combine(folder ?? "", "k8s.io/api/core/v1/generated.proto"));

    private static IEnumerable<string> Differences(string message, DescriptorProto described, ProtobufField?[] fields, bool isOlder)
    {
        foreach (var field in described.Field)
        {
            var ours = field.Number < fields.Length ? fields[field.Number] : null;
            if (ours is null && isOlder)
                continue;
            if (ours is null)
                yield return $"{message} has no {field.Number}: {field.Name}";
            else if (!IsSame(TypeOf(described, field), (ours.Shape, ours.TypeName), isOlder))
                yield return $"{message}.{field.Name} is {TypeOf(described, field)}, and not {ours.Shape} {ours.TypeName}";
            else if (!ours.IsInlined && LettersOf(ours.Name) != LettersOf(field.Name))
                yield return $"{message}.{ours.Name} is {field.Name} in protobuf";
        }

        if (isOlder)
            yield break;
        for (var number = 0; number < fields.Length; number++)
        {
            if (fields[number] is { } ours && described.Field.All(field => field.Number != number))
                yield return $"{message} has no field {number}, which is to be {ours.Name}";
        }
    }

    /// <summary>Whether a field has one type. Messages were renamed from release to release, which the wire does not show.</summary>
    private static bool IsSame((ProtobufShape Shape, string TypeName) described, (ProtobufShape Shape, string TypeName) ours, bool isOlder) =>
        described == ours || (isOlder && described.Shape == ours.Shape && described.TypeName.Contains('.') && ours.TypeName.Contains('.'));

    /// <summary>A name as JSON and protobuf both have it: <c>uid</c> is <c>uID</c> there, and <c>$ref</c> has no sign.</summary>
    private static string LettersOf(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();

    private static (ProtobufShape Shape, string TypeName) TypeOf(DescriptorProto message, FieldDescriptorProto field)
    {
        var entry = message.NestedType.FirstOrDefault(nested => nested.Options?.MapEntry == true && field.TypeName.EndsWith($".{message.Name}.{nested.Name}", StringComparison.Ordinal));
        if (entry is not null)
            return (ProtobufShape.Map, NameOf(entry.Field.Single(part => part.Number == 2)));
        return (field.Label == FieldDescriptorProto.Types.Label.Repeated ? ProtobufShape.List : ProtobufShape.Single, NameOf(field));
    }

    private static string NameOf(FieldDescriptorProto field) => field.Type switch
    {
        FieldDescriptorProto.Types.Type.String => "s",
        FieldDescriptorProto.Types.Type.Bytes => "y",
        FieldDescriptorProto.Types.Type.Bool => "b",
        FieldDescriptorProto.Types.Type.Double => "d",
        FieldDescriptorProto.Types.Type.Int32 or FieldDescriptorProto.Types.Type.Int64 => "i",
        FieldDescriptorProto.Types.Type.Message => Forms.GetValueOrDefault(ShortNameOf(field.TypeName), ShortNameOf(field.TypeName)),
        _ => field.Type.ToString(),
    };

    /// <summary><c>core.v1.Pod</c> of <c>.k8s.io.api.core.v1.Pod</c>, and <c>resource.Quantity</c>.</summary>
    private static string ShortNameOf(string full)
    {
        var parts = full.Split('.');
        var isVersioned = parts[^2].Length > 1 && parts[^2][0] == 'v' && char.IsAsciiDigit(parts[^2][1]);
        return string.Join('.', parts[^(isVersioned ? 3 : 2)..]);
    }

    private static async Task<Dictionary<string, DescriptorProto>> DescribeAsync(string folder)
    {
        using var scratch = new Scratch();
        var output = scratch.At("descriptors");
        var compiler = Path.Combine(AppContext.BaseDirectory, "protoc");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(compiler, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var files = Repositories.Select(repository => Path.Combine(folder, "k8s.io", repository)).Where(Directory.Exists)
            .SelectMany(repository => Directory.EnumerateFiles(repository, "generated.proto", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(folder, file));
        await using var command = RunningCommand.Start(compiler, ["-I", folder, "--descriptor_set_out", output, .. files]);
        var result = await command.WaitAsync(TimeSpan.FromMinutes(1));
        result.ExitCode.ShouldBe(0, result.ToString());
        var described = FileDescriptorSet.Parser.ParseFrom(await File.ReadAllBytesAsync(output, TestContext.Current.CancellationToken));
        return described.File.SelectMany(file => file.MessageType.Select(message => (Name: ShortNameOf($".{file.Package}.{message.Name}"), Message: message)))
            .GroupBy(entry => entry.Name, entry => entry.Message, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
    }
}
