// report.html: sections in the order of a reader's questions.
#include "page.hpp"

#include "color.hpp"
#include "common/escape.hpp"
#include "html.hpp"
#include "tables.hpp"
#include "typeset.hpp"
#include "words.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/csv.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace widelimit::report {
namespace {

/// Characters on a line of the resolved configuration.
constexpr std::size_t page_width = 88;

struct Section {
  std::string id, title, html;
};

/// The colours as variables: dark on screens that ask for it, light on paper.
std::string color_variables() {
  std::string light, dark;
  for (const Color& color : colors) {
    light += "--" + std::string(color.name) + ":" + std::string(color.light) + ";";
    dark += "--" + std::string(color.name) + ":" + std::string(color.dark) + ";";
  }
  return ":root{" + light + "}\n@media screen and (prefers-color-scheme: dark){:root{" + dark +
         "}}\n";
}

std::string pictures(const std::vector<Figure>& figures) {
  std::string html;
  for (const Figure& figure : figures) {
    if (figure.picture.inlined.empty()) continue;
    html += "<figure>\n<h3>" + breakable(figure.title) + "</h3>\n" + figure.picture.inlined +
            "<figcaption>" + figure.caption + "</figcaption>\n</figure>\n";
  }
  return html.empty() ? html : "<div class=\"figures\">\n" + html + "</div>\n";
}

std::string paragraph(const std::string& text) { return "<p>" + text + "</p>\n"; }

/// A list of warnings, or of what was kept; texts, not HTML.
std::string bullets(const std::vector<std::string>& texts) {
  std::string html = "<ul>\n";
  for (const std::string& text : texts) html += "<li>" + apps::html_escaped(text) + "</li>\n";
  return html + "</ul>\n";
}

std::vector<std::string> texts_of(const Json& array) {
  std::vector<std::string> texts;
  for (const Json& element : array.elements()) texts.push_back(element.text(element.one_line()));
  return texts;
}

std::string notices(const Run& run) {
  std::string html;
  const std::string status = run.record["status"].text();
  if (!status.empty() && status != "finished") {
    html += "<section class=\"notice failure\" aria-label=\"Status\">\n<h2>" +
            std::string(status == "interrupted" ? "This run was interrupted"
                        : status == "failed"    ? "This run failed"
                                                : "This run did not finish") +
            "</h2>\n";
    if (const std::string error = run.record["error"].text(); !error.empty())
      html += "<pre>" + apps::html_escaped(error) + "</pre>\n";
    const std::vector<std::string> kept = texts_of(run.record["kept"]);
    html += kept.empty() ? paragraph("Nothing was finished.")
                         : paragraph("What was finished is shown below:") + bullets(kept);
    html += "</section>\n";
  }
  std::vector<std::string> warnings;
  for (const std::string& text : texts_of(run.record["warnings"])) {
    if (!text.starts_with(Run::own_warnings)) warnings.push_back(text);
  }

  warnings.insert(warnings.end(), run.warnings.begin(), run.warnings.end());
  if (!warnings.empty()) {
    html += "<section class=\"notice\" aria-label=\"Warnings\">\n<h2>" +
            count_text(static_cast<std::int64_t>(warnings.size()), "warning") + "</h2>\n" +
            bullets(warnings) + "</section>\n";
  }
  return html;
}

std::string experiment_in_words(const Run& run) {
  std::string html;
  for (const Setting& setting : settings_in_words(run)) {
    html += "<dt>" + apps::html_escaped(setting.name) + "</dt><dd>";
    for (const std::string& sentence : setting.sentences)
      html += "<p>" + apps::html_escaped(sentence) + "</p>";
    html += "</dd>\n";
  }
  return html.empty() ? html : "<dl class=\"settings\">\n" + html + "</dl>\n";
}

std::string after_lead(const std::string& lead, const std::string& html) {
  return html.empty() ? html : paragraph(lead) + html;
}

/// As a POSIX shell reads it.
std::string shell_word(const std::string& word) {
  const bool is_plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./=:,+@%").find(c) != std::string_view::npos;
  });
  if (is_plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

std::string reproduce(const Run& run) {
  std::string command;
  for (const std::string& word : texts_of(run.record["command"]))
    command += (command.empty() ? "" : " ") + shell_word(word);
  std::string html;
  if (!command.empty())
    html += "<pre class=\"command\">" + apps::html_escaped(command) + "</pre>\n";
  std::string facts;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) facts += std::string("<dt>") + name + "</dt><dd>" + value + "</dd>\n";
  };
  const auto join = [](const std::string& a, const std::string& b) {
    return a.empty() || b.empty() ? a + b : a + ", " + b;
  };
  const Json program = run.record["widelimit"], seeds = run.record["seeds"];
  const auto seed = [&](const char* key) {
    return seeds[key].is_number()
               ? apps::html_escaped(std::string(key) + " ") + code(seeds[key].one_line())
               : std::string();
  };
  const std::string abi = program["abi"].text();
  add("widelimit",
      apps::html_escaped(join(program["release"].text(), abi.empty() ? abi : "ABI " + abi)));
  add("Compiler", apps::html_escaped(program["compiler"].text()));
  add("BLAS", apps::html_escaped(join(program["blas"].text(), program["blas_kernel"].text())));
  add("SIMD", apps::html_escaped(program["simd"].text()));
  const double threads = run.record["threads"].number();
  add("Threads", join(std::isfinite(threads) ? number(threads) : std::string(),
                      apps::html_escaped(program["executor"].text())));
  add("Seeds", join(seed("experiment"), seed("finite")));
  const std::string fingerprint = run.record["fingerprint"].text();
  add("Fingerprint", fingerprint.empty() ? fingerprint : code(fingerprint));
  const std::string file = run.record["experiment_file"].text();
  add("Experiment", file.empty() ? file : code(file));
  std::string started = run.record["started"].text();
  if (started.size() == 20 && started[10] == 'T' && started.back() == 'Z')
    started = started.substr(0, 10) + " " + started.substr(11, 8) + " UTC";
  add("Started", apps::html_escaped(started));
  const double memory = run.record["peak_memory_bytes"].number();
  add("Peak memory", memory > 0 ? bytes(memory) : std::string());
  if (!facts.empty()) html += "<dl class=\"facts\">\n" + facts + "</dl>\n";
  if (!run.record["experiment"].is_null()) {
    html += "<details><summary>Resolved configuration</summary>\n<pre>" +
            apps::html_escaped(run.record["experiment"].wrapped(page_width)) +
            "</pre>\n</details>\n";
  }
  return html;
}

/// How much the outputs vary before training, from predictions/prior.std.csv; may be empty.
std::string prior_in_words(const Run& run) {
  if (!run.has("predictions/prior.std.csv")) return {};
  double sum = 0, samples = 0;
  try {
    CsvFile csv(run.dir / "predictions" / "prior.std.csv");
    const auto deviation = csv.find("nngp_std");
    while (deviation && csv.next()) {
      sum += csv.number(*deviation);
      ++samples;
    }
  } catch (const Error&) {
    return {};  // one sentence less
  }
  if (!(samples > 0) || !std::isfinite(sum)) return {};
  return " Before training, the standard deviation of their outputs is " +
         number(sum / samples, 3) + ", averaged over these samples, in the units of training.";
}

std::vector<Section> sections(const Run& run, const Figures& figures) {
  const bool has_times = !figures.losses.empty();
  std::vector<Section> all;
  const auto add = [&](const char* id, const char* title, std::string html) {
    if (!html.empty()) all.push_back({id, title, std::move(html)});
  };
  add("experiment", "Experiment", experiment_in_words(run));
  add("data", "Data",
      after_lead("Targets against features, as the network sees them.", pictures(figures.data)) +
          after_lead("Training samples as the network sees them, after preprocessing.",
                     figures.gallery));
  add("network", "Network",
      after_lead(
          "Means over the first training samples (and over sites, where there are several) after "
          "each layer: the variance <i>K</i>(<i>x</i>,&#8239;<i>x</i>) of its output, the "
          "correlation of two different samples (at the same site), and the diagonal of the neural "
          "tangent kernel. A correlation that approaches 1 with depth means that the network no "
          "longer tells samples apart.",
          network_table(run) + pictures(figures.network)));
  add("kernels", "Kernels",
      after_lead("Each cell is the kernel of two samples, in the order of the files. NNGP is the "
                 "covariance of the infinitely wide network at initialisation; NTK is the kernel "
                 "that governs its training by gradient descent. Each picture has its own colour "
                 "scale.",
                 pictures(figures.kernels)));
  add("predictions", "Predictions",
      after_lead("What infinitely wide, trained networks predict for the test samples." +
                     prior_in_words(run),
                 pictures(figures.predictions)));
  add("mistakes", "Worst mistakes",
      after_lead("Misclassified test samples; first those whose wrong output exceeds the right one "
                 "most.",
                 figures.mistakes));
  add("ridges", "Ridges", pictures(figures.ridges));
  add("losses", has_times ? "Losses over time" : "Losses", pictures(figures.losses));
  add("finite", "Finite against infinite width",
      after_lead(
          "How well the limit of infinite width predicts networks of the widths in the table "
          "above: on the dashed line both agree.",
          figures.distances + pictures(figures.finite)));
  add("metrics", "Metrics", metrics_table(run));
  add("solves", "Solves", solves_table(run));
  add("timings", "Timings", timings_chart(run));
  add("reproduce", "How to reproduce", reproduce(run));
  return all;
}

}  // namespace

std::string page(const Run& run, const Figures& figures) {
  const std::string given = run.record["title"].text();
  const std::string title = apps::html_escaped(given.empty() ? "Untitled experiment" : given);
  const std::vector<Section> all = sections(run, figures);
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      // Should anything active ever get in, browsers neither run nor load it.
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; img-src data:\">\n<title>" +
      title + "</title>\n<style>\n" + color_variables() + style_sheet +
      "</style>\n</head>\n<body>\n";
  html += "<header>\n<p class=\"eyebrow\">widelimit report</p>\n<h1>" + title + "</h1>\n" +
          key_figures(run) + "</header>\n";
  html += notices(run);
  html += "<nav aria-label=\"Sections\"><ul>\n";
  for (const Section& section : all)
    html += "<li><a href=\"#" + section.id + "\">" + section.title + "</a></li>\n";
  html += "</ul></nav>\n<main>\n";
  for (const Section& section : all) {
    html += "<section id=\"" + section.id + "\">\n<h2>" + section.title + "</h2>\n" + section.html +
            "</section>\n";
  }
  return html + "</main>\n</body>\n</html>\n";
}

}  // namespace widelimit::report
