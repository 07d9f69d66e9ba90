#include "store/objects/s3_xml.h"

#include "tests/catch.h"

namespace fuzzmill::store {

TEST_CASE("Elements are found by name, with attributes, and their entities resolved") {
  const std::string xml =
      "<?xml version=\"1.0\"?><List xmlns=\"x\"><Keys>no</Keys><Key "
      "a=\"b\">a&amp;b&lt;</Key><Key>&quot;</Key></List>";
  CHECK(xml_element(xml, "Key") == "a&amp;b&lt;");
  CHECK(xml_text(xml, "Key") == "a&b<");
  CHECK(xml_elements(xml, "Key").size() == 2);
  CHECK(xml_element(xml_element(xml, "List"), "Keys") == "no");
  CHECK(xml_element(xml, "None").empty());
  CHECK(xml_text("<K>" + xml_escape("\"<&>'x") + "</K>", "K") == "\"<&>'x");
}

TEST_CASE("Texts that are no XML give nothing and end") {
  for (const char* text :
       {"", "<", "<Key", "<Key>", "<Key>x", "</Key>", "<Key><Key><Key>", "<Key x</Key>", "<<<>>>"}) {
    INFO(text);
    CHECK(xml_element(text, "Key").empty());
    CHECK(xml_elements(text, "Key").empty());
  }
}

TEST_CASE("Times are read as S3 writes them") {
  CHECK(xml_time("2013-05-24T00:00:00.000Z") == 1'369'353'600);
  CHECK(http_time("Fri, 24 May 2013 00:00:00 GMT") == 1'369'353'600);
  CHECK(xml_time("yesterday") == 0);
  CHECK(http_time("") == 0);
  CHECK(xml_time("1950-01-01T00:00:00Z") == 0);
}

}  // namespace fuzzmill::store
